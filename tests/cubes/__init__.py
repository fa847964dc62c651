"""Tests of `atomlite.cubes`."""
