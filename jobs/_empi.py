"""Identity outside a run: training of the linkage weights, on purpose only, and linking of plain person files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path


def train_weights(feeds: Path | None, out: Path | None, say: Callable[[str], None]) -> None:
    """Learn the weights from the source persons of a lake and write the versioned file."""
    from twinlake.catalog.identity import WEIGHTS, model
    from twinlake.engine.home import check_home, home_of
    from twinlake.engine.linkage_training import train, write_weights
    from twinlake.engine.ops import Ops
    from twinlake.engine.publication import require_publication
    from twinlake.engine.session import start_session

    home = home_of(feeds)
    check_home(home)
    ops = Ops(home.lake)
    published = require_publication(ops)
    at = published.versions["empi.source_person"]
    stored = start_session().read.format("delta").option("versionAsOf", at).load(ops.path("empi.source_person"))
    persons = stored.where("is_linkable").toArrow()
    say(f"learning from {persons.num_rows:,} source persons of publication {published.publication_id}")
    weights = train(persons, model, source=f"{persons.num_rows} source persons, publication {published.publication_id}")
    write_weights(weights, out or WEIGHTS)
    say(f"written: {out or WEIGHTS}. The next run relinks everybody; look at what changed before you commit it.")


def link_files(files: Sequence[Path], fields: Path, out: Path, say: Callable[[str], None]) -> None:
    """Link the persons of plain files by the declared model: `out` gets file, row_id, person_id, match_weight."""
    from twinlake.catalog.identity import identity
    from twinlake.declare.person_map import read_person_map
    from twinlake.engine.person_links import link_person_files

    linked = link_person_files(files, read_person_map(fields), identity(), out)
    for oddity in linked.oddities:
        say(f"note: {oddity}")
    say(f"{linked.rows:,} rows are {linked.persons:,} persons · identity model {identity().version} · {out}")
