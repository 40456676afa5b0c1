/** What this browser runs on. */

/** Whether the program runs on this very machine, so that drawing takes what rendering would have. */
export const SHARED = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** Whether there is no graphics processor: then the processor draws each pixel. Asks once. */
export function drawnByProcessor() {
  const pen = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
  if (!pen) return true;
  const told = pen.getExtension("WEBGL_debug_renderer_info");
  const name = told ? pen.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  pen.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
