"""Tests of measures that look at other cells."""
