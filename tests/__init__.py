"""Tests, by what they need: unit, api, integration, browser, contract; load is measured, not tested."""
