"""What a schema cannot say, one file a table at the table's own address; its declaration says the rest."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

from twinlake.declare.errors import DeclarationError
from twinlake.declare.rule import Rule
from twinlake.declare.schema_rules import schema_rules
from twinlake.declare.table import Table


def rules_for(table: Table) -> tuple[Rule, ...]:
    """Every rule of a table, named `<table>.<rule>`; a written rule takes the place of the schema's of its name."""
    written = written_rules(table.layer, table.name)
    named = [rule.name for rule in written]
    twice = sorted({name for name in named if named.count(name) > 1})
    from_schema = {rule.name: rule for rule in schema_rules(table)}
    unknown = sorted(rule.replaces for rule in written if rule.replaces and rule.replaces not in from_schema)
    if twice or unknown:
        raise DeclarationError(f"expectations/{table.layer}/{table.name}.py: {_fault(twice, unknown)}.")
    taken = {*named, *(rule.replaces for rule in written)}
    rules = [*(rule for name, rule in from_schema.items() if name not in taken), *written]
    return tuple(replace(rule, name=f"{table.name}.{rule.name}") for rule in rules)


def written_rules(layer: str, name: str) -> tuple[Rule, ...]:
    """The rules in `expectations/<layer>/<name>.py`, none where there is no such file."""
    module = f"{__name__}.{layer}.{name}"
    if not find_spec(f"{__name__}.{layer}") or not find_spec(module):
        return ()
    file = f"expectations/{layer}/{name}.py"
    try:
        rules = tuple(import_module(module).RULES)
    except (NameError, ImportError, SyntaxError, TypeError, AttributeError) as error:
        raise DeclarationError(f"{file}: {error}. Mend the file; rules are made by twinlake.declare.rule.") from error
    return rules


def _fault(twice: list[str], unknown: list[str]) -> str:
    parts = [f"{', '.join(twice)} stands twice"] if twice else []
    parts += [f"replaces {', '.join(unknown)}, which the schema does not say"] if unknown else []
    return "; ".join(parts)
