import pytest
from pathlib import Path
from .crms import CRMS
@pytest.mark.parametrize("name", sorted(CRMS))
def test_x(opening, name):
    place = opening(name)
    ids = place.sell(6)
    print(place.run("sync").all)
    place.leak(ids[:4])
    print(place.run("sync").all)
    print(place.stored()); print(place.standing())
    print(place.run("describe","crm").all[:300])
    ran = place.run("enforce","crm","--plan","plan.json"); print(ran.all[-900:])
    ran = place.run("enforce","crm","--apply","plan.json"); print(ran.code, ran.all)
    ran = place.run("run","--once","--metrics-file","metrics.prom"); print(ran.code, ran.all[-1500:])
    print(sorted(str(p.relative_to(place.folder)) for p in place.folder.rglob("*")))
