from __future__ import annotations

import torch

from fundusgate.models import build
from fundusgate.training.map_recipe import MapTraining, map_loss, with_vessels


def batch(*, known: bool) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    cells = torch.zeros(2, 16, 16, dtype=torch.bool)
    cells[:, :4] = True
    return {
        "image": torch.randint(0, 256, (2, 512, 512, 3), dtype=torch.uint8),
        "positive": cells,
        "unlabelled": ~cells,
        "inside": torch.ones_like(cells),
        "bag": torch.tensor([False, True]),
        "retina": torch.tensor([1.0, 0.0]),
        "retina_weight": torch.tensor([1.0, 1.0]),
        "vessels": torch.rand(2, 2, 64, 64),
        "vessels_known": torch.tensor([known, False]),
    }


def test_the_questions_about_vessels_reach_the_networks_own_filters() -> None:
    network = build("efiqa-cp-edge")
    training = with_vessels(network, None)
    assert isinstance(training, MapTraining)
    terms = map_loss(training, batch(known=True))
    (terms["seen"] + terms["there"]).backward()
    filters = dict(network.named_parameters())["stem.0.0.weight"]
    assert filters.grad is not None
    assert filters.grad.abs().sum() > 0


def test_photographs_whose_vessels_nobody_knows_are_not_asked() -> None:
    terms = map_loss(with_vessels(build("efiqa-cp-edge"), None), batch(known=False))
    assert terms["seen"].item() == 0
    assert terms["there"].item() == 0


def test_training_and_the_network_alone_answer_the_same() -> None:
    network = build("efiqa-cp-edge").eval()
    image = torch.rand(1, 3, 512, 512)
    with torch.inference_mode():
        asked, alone = MapTraining(network).eval()(image).outputs, network.outputs(image)
    assert torch.equal(asked.map_logits, alone.map_logits)
    assert torch.equal(asked.retina_logit, alone.retina_logit)
