"""The closed forms are exact, the noise algebra is that of the scheduler, and training resumes."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny

from livediffusion.spectrogram.circular import make_circular_in_time
from livediffusion.training import autoencoder, denoiser, distil, muon, noise
from livediffusion.training.composer import Style
from livediffusion.training.corpus import MOST_OFTEN, Corpus, Draw, fair_shares
from livediffusion.training.dataset import plan
from livediffusion.training.pictures import fold, from_model, to_model, unfold
from livediffusion.training.tokenizer import LENGTH


def test_folding_is_exact_in_the_order_the_engine_uses() -> None:
    pictures = torch.rand(2, 2, 256, 512)
    folded = fold(pictures)
    assert folded.shape == (2, 1024, 8, 32)
    assert torch.equal(unfold(folded), pictures)
    band, column = 37, 21  # row 1 of patches, band 5 in it; column 1 of patches, column 5 in it
    place = 5 * 16 + 5
    assert torch.equal(folded[:, place, 1, 1], pictures[:, 0, band, column])
    assert torch.equal(folded[:, 512 + place, 1, 1], pictures[:, 1, band, column])


def test_bytes_and_fractions_mean_the_same_picture() -> None:
    levels = torch.randint(0, 256, (1, 2, 256, 512), dtype=torch.uint8)
    assert torch.allclose(to_model(levels), to_model(levels / 255.0))
    assert torch.allclose(from_model(to_model(levels)), levels / 255.0, atol=1e-6)
    assert to_model(torch.ones(1, 2, 256, 512)).max() == -1.0  # loud is dark


@torch.no_grad()
def test_the_decoder_starts_as_the_linear_map_it_was_given() -> None:
    torch.manual_seed(0)
    model = autoencoder.build().eval()
    make_circular_in_time(model.decoder)
    weights = torch.randn(9 * autoencoder.COMPONENTS + 1, 1024)
    autoencoder.set_decoder(model, weights)
    latents = 0.5 * torch.randn(2, autoencoder.COMPONENTS, 8, 32)
    inputs = autoencoder.neighbourhoods(autoencoder.clamped(latents))
    wanted = (inputs @ weights).unflatten(0, (2, 8, 32)).permute(0, 3, 1, 2)
    decoded = (model.decoder(latents) + 1.0) / 2.0
    assert torch.allclose(decoded, wanted, atol=2e-3 * float(wanted.std()))


@pytest.fixture(scope="module")
def stereo() -> tuple[torch.Tensor, AutoencoderTiny]:
    """Folded pictures that few components make up, and an autoencoder that knows them."""
    torch.manual_seed(0)
    hidden = torch.randn(6, autoencoder.COMPONENTS, 8, 32)
    middle = torch.einsum("nkhw,kp->nphw", hidden[:, :64], torch.randn(64, 512))
    side = torch.einsum("nkhw,kp->nphw", hidden[:, 64:], 0.2 * torch.randn(16, 512))
    patches = torch.cat([middle + side, middle - side], dim=1)
    model = autoencoder.build().eval()
    make_circular_in_time(model)
    autoencoder.set_encoder(model, autoencoder.stereo_components(patches))
    return patches, model


@torch.no_grad()
def test_few_components_say_all_of_both_channels(
    stereo: tuple[torch.Tensor, AutoencoderTiny],
) -> None:
    patches, model = stereo
    latents = autoencoder.encode(model, patches)
    assert float(latents[:, :64].var()) == pytest.approx(1.0, abs=0.02)
    wanted = autoencoder.SIDE_DEVIATION**2
    assert float(latents[:, 64:].var()) == pytest.approx(wanted, abs=0.02)
    weights = autoencoder.least_squares([(latents, patches)])
    rebuilt = autoencoder.neighbourhoods(latents) @ weights * 2.0 - 1.0
    flat = patches.permute(0, 2, 3, 1).flatten(0, 2)
    assert float((rebuilt - flat).norm() / flat.norm()) < 0.02


@torch.no_grad()
def test_the_short_way_to_latents_is_the_encoder_s(
    stereo: tuple[torch.Tensor, AutoencoderTiny],
) -> None:
    patches, model = stereo
    long = model.encoder(patches) * autoencoder.SCALING
    assert torch.allclose(autoencoder.encode(model, patches), long, atol=1e-3)


@torch.no_grad()
def test_a_mono_model_s_latents_are_found_again_in_the_middle(
    stereo: tuple[torch.Tensor, AutoencoderTiny],
) -> None:
    patches, model = copy.deepcopy(stereo)
    mono = AutoencoderTiny(
        in_channels=512,
        out_channels=512,
        latent_channels=64,
        encoder_block_out_channels=(64,),
        decoder_block_out_channels=(64,),
        num_encoder_blocks=(0,),
        num_decoder_blocks=(0,),
    )
    before = autoencoder.encode(model, patches)
    autoencoder.adopt_encoder(model, mono)
    after = autoencoder.encode(model, patches)
    middle = (patches[:, :512] + patches[:, 512:]) / 2.0
    assert torch.allclose(after[:, :64], autoencoder.encode(mono, middle), atol=1e-3)
    assert torch.equal(after[:, 64:], before[:, 64:])


def test_a_grown_network_begins_as_the_smaller_one() -> None:
    small, large = torch.nn.Conv2d(2, 3, 3), torch.nn.Conv2d(4, 5, 3)
    before = large.weight.clone()
    denoiser.grow(large, small)
    assert torch.equal(large.weight[:3, :2], small.weight)
    assert torch.equal(large.weight[3:], before[3:])
    assert torch.equal(large.bias[:3], small.bias)


def test_mixed_loops_lie_between_two_and_are_told_so() -> None:
    latents = torch.arange(4.0)[:, None, None, None].expand(4, 1, 1, 1).half()
    ids = torch.arange(4)[:, None, None].expand(4, 2, LENGTH)
    corpus = Corpus(latents, ids, torch.full((LENGTH,), 9))
    draw = corpus.draw(40, np.random.default_rng(0), 0.5)
    own, partners = draw.ids[:10, 0].float(), draw.partners[:, 0].float()
    assert torch.allclose(draw.clean[:10, 0, 0, 0], torch.lerp(own, partners, draw.weights))
    rest = draw.ids[10:, 0]
    told = rest != 9
    assert 5 < int(told.sum()) < 25
    assert torch.equal(draw.clean[10:, 0, 0, 0][told], rest[told].float())
    table = torch.nn.Embedding(10, 3)
    blended = draw.embeddings(lambda ids: SimpleNamespace(last_hidden_state=table(ids)))
    expected = torch.lerp(table(draw.ids[0]), table(draw.partners[0]), draw.weights[0])
    assert torch.allclose(blended[0], expected)


def test_loops_of_rare_styles_are_drawn_more_often() -> None:
    styles = [Style()] * 80 + [Style(mode="major")] * 15 + [Style(stems="no drums")] * 5
    rows = [replace(row, style=style) for row, style in zip(plan(4, 1)[:100], styles, strict=True)]
    shares = fair_shares(rows)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[80] / shares[0] == pytest.approx(0.25 / 0.15)
    assert shares[95] / shares[0] == pytest.approx(MOST_OFTEN)
    latents = torch.arange(100.0)[:, None, None, None]
    corpus = Corpus(latents, torch.zeros(100, 1, LENGTH), torch.zeros(LENGTH), shares)
    drawn = corpus.draw(2000, np.random.default_rng(0), 0.0, mixed_share=0.0).clean.flatten()
    assert 0.19 < float(((drawn >= 80) & (drawn < 95)).float().mean()) < 0.27


def test_between_two_prompts_the_student_aims_between_two_predictions(monkeypatch) -> None:
    class Unet(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, noisy, timesteps, words):
            v = self.weight * words.mean((1, 2)).square()[:, None, None, None]
            return SimpleNamespace(sample=v.expand_as(noisy))

    class Encoder(torch.nn.Module):
        def forward(self, ids):
            return SimpleNamespace(last_hidden_state=ids[..., None].float())

    monkeypatch.setattr(distil, "GUIDANCE", 1.0)
    corpus = Corpus(torch.zeros(4, 1, 1, 1), torch.zeros(4, 1, LENGTH), torch.zeros(LENGTH))
    distiller = distil.Distiller(denoiser.Networks(Unet(), Encoder()), corpus)
    ids = torch.tensor([1.0, 3.0])[:, None].expand(2, LENGTH)
    draw = Draw(torch.zeros(2, 1, 1, 1), ids, torch.full((1, LENGTH), 2.0), torch.tensor([0.25]))
    places, noisy = torch.tensor([13, 13]), torch.zeros(2, 1, 1, 1)  # a teacher's step from the end
    words, wanted = distiller.targets(noisy, places, draw)
    assert words[:, 0, 0].tolist() == [1.25, 3.0]
    at = distiller.grid[places]
    v = torch.tensor([0.75 * 1.0 + 0.25 * 4.0, 9.0])[:, None, None, None]
    assert torch.allclose(wanted, noise.split_velocity(v, noisy, at)[0], atol=1e-4)


def test_velocity_splits_into_what_it_was_made_of() -> None:
    clean, drawn = torch.randn(2, 8, 4, 8, 8)
    timesteps = torch.tensor([0, 100, 249, 499, 500, 749, 900, 999])
    noisy = noise.add_noise(clean, drawn, timesteps)
    found = noise.split_velocity(noise.velocity(clean, drawn, timesteps), noisy, timesteps)
    assert torch.allclose(found[0], clean, atol=1e-4)
    assert torch.allclose(found[1], drawn, atol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 4, 8, 16])
def test_a_jump_is_the_scheduler_s_own_step(steps: int) -> None:
    scheduler = noise.scheduler()
    scheduler.set_timesteps(steps)
    v, noisy = torch.randn(2, 1, 4, 8, 8)
    places = [*scheduler.timesteps.tolist(), -1]
    assert set(places) <= set(distil.grid().tolist())
    for start, end in pairwise(places):
        at, to = torch.tensor([start]), torch.tensor([end])
        clean = noise.split_velocity(v, noisy, at)[0]
        mine = distil.jump(clean, noisy, at, to)
        theirs = scheduler.step(v, start, noisy).prev_sample
        assert torch.allclose(mine, theirs, atol=1e-2)  # theirs divides by a near 0 at t = 999
        assert torch.allclose(distil.aim(mine, noisy, at, to), clean, atol=1e-2)


def test_orthogonal_steps_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((48, 96), (96, 48)):
        values = torch.linalg.svdvals(muon.orthogonalise(torch.randn(shape)))
        assert 0.5 < float(values.min()) <= float(values.max()) < 1.5


def test_time_wraps_in_the_autoencoder() -> None:
    torch.manual_seed(0)
    model = autoencoder.build().eval()
    make_circular_in_time(model)
    latents = 0.1 * torch.randn(1, autoencoder.COMPONENTS, 8, 32)
    with torch.no_grad():
        moved = model.decoder(latents.roll(4, 3))
        assert torch.allclose(moved, model.decoder(latents).roll(4, 3), atol=1e-5)


def test_training_resumes_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livediffusion.training import captions, text, tokenizer

    monkeypatch.setattr(denoiser, "CHANNELS", (16, 16, 16))
    monkeypatch.setattr(denoiser, "BATCH", 4)
    rows = plan(1, 1)
    rng = np.random.default_rng(0)
    tokenizer.train([captions.caption(row, rng) for row in rows], tmp_path / "tokenizer")
    reader = text.load_tokenizer(tmp_path / "tokenizer")
    ids = torch.from_numpy(text.captions_for(rows, 2, rng, reader))
    latents = torch.randn(len(rows), autoencoder.COMPONENTS, 8, 32)
    corpus = Corpus(latents, ids, text.token_ids(reader, [""])[0])

    def trainer() -> denoiser.Trainer:
        torch.manual_seed(1)
        networks = denoiser.Networks(denoiser.build(), text.build(reader))
        return denoiser.Trainer(networks, corpus, tmp_path / "checkpoint.pt")

    first = trainer()
    before = first.one_step(0.1, np.random.default_rng(0)).mean()
    first.save()
    second = trainer()
    assert second.step == 1
    for a, b in zip(first.networks.parameters(), second.networks.parameters(), strict=True):
        assert torch.equal(a, b)
    for one in (first, second):
        torch.manual_seed(2)
        one.one_step(0.1, np.random.default_rng(1))
    pairs = zip(first.average.parameters(), second.average.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    for _ in range(6):
        torch.manual_seed(3)
        after = first.one_step(0.1, np.random.default_rng(0)).mean()
    assert after < before
