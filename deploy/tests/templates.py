"""Reads templates with their functions, for tests that compare them."""

import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
import deploy


class FunctionLoader(yaml.SafeLoader):
    """Reads a reference as `${Name}`, an attribute as `${Name.Attribute}`, a substitution as its text."""


def text_of(node) -> str | None:
    """The text of a function's argument; None for one with a list of arguments."""
    return node.value if isinstance(node.value, str) else None


FunctionLoader.add_constructor("!Ref", lambda _loader, node: f"${{{node.value}}}")
FunctionLoader.add_constructor("!GetAtt", lambda _loader, node: f"${{{node.value}}}")
FunctionLoader.add_constructor("!Sub", lambda _loader, node: text_of(node))
FunctionLoader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def resources(stack: str) -> dict:
    """The resources of a stack, by their names."""
    return yaml.load(deploy.TEMPLATES[stack].read_text(), Loader=FunctionLoader)["Resources"]
