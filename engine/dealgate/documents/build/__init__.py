"""Resolved documents become the checked model: catalogue, frameworks, process."""

from .fields import build_fields
from .framework import build_framework, build_frameworks
from .process import build_process

__all__ = ["build_fields", "build_framework", "build_frameworks", "build_process"]
