# Everything one does with this tree: `make` lists it. Environment and dependencies look after themselves.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := core cards bots webapp
SANDBOX_PORT ?= 9100
APP_WEB__PORT ?= 8000

export PYTHONUNBUFFERED := 1
export NO_PROXY := 127.0.0.1,localhost
export no_proxy := 127.0.0.1,localhost

.PHONY: help run test requirements bench bench-long lint format docs lock clean environment frontend browser migrate

help:  ## 列出全部命令
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

environment: .venv/ready

.venv/ready: requirements.lock
	@PYTHON="$(PYTHON)" .ci/environment

frontend: environment
	@.ci/frontend

browser:
	@.ci/browser

migrate: environment
	@mkdir -p var
	$(BIN)/alembic upgrade head

run: export APP_WEB__PORT := $(APP_WEB__PORT)
run: export APP_WEB__PUBLIC_ADDRESS ?= http://127.0.0.1:$(APP_WEB__PORT)
run: export SANDBOX_PORT := $(SANDBOX_PORT)
run: export APP_DINGTALK__API ?= http://127.0.0.1:$(SANDBOX_PORT)
run: export APP_DINGTALK__OAPI ?= http://127.0.0.1:$(SANDBOX_PORT)
run: export APP_DINGTALK__LOGIN ?= http://127.0.0.1:$(SANDBOX_PORT)
run: export APP_DINGTALK__JSAPI ?= http://127.0.0.1:$(SANDBOX_PORT)/sandbox/dd.js
run: export APP_WECHAT__API ?= http://127.0.0.1:$(SANDBOX_PORT)
run: export APP_WECHAT__OPEN ?= http://127.0.0.1:$(SANDBOX_PORT)
run: export APP_OPUS__ADDRESS ?= http://127.0.0.1:$(SANDBOX_PORT)/opus
run: export APP_HAIZHENGTONG__AUTHORIZE ?= http://127.0.0.1:$(SANDBOX_PORT)/haizhengtong/authorize
run: export APP_HAIZHENGTONG__TOKEN ?= http://127.0.0.1:$(SANDBOX_PORT)/haizhengtong/token
run: export APP_HAIZHENGTONG__USERINFO ?= http://127.0.0.1:$(SANDBOX_PORT)/haizhengtong/userinfo
run: export APP_HOTLINE__ADDRESS ?= http://127.0.0.1:$(SANDBOX_PORT)/hotline
run: export APP_SMS__ENDPOINT ?= 127.0.0.1:$(SANDBOX_PORT)
run: export APP_PROVINCE__ADDRESS ?= http://127.0.0.1:$(SANDBOX_PORT)/province
run: export APP_SERVICE_PLATFORM__ADDRESS ?= http://127.0.0.1:$(SANDBOX_PORT)/service-platform
run: export APP_FEEDS__SOURCES ?= {"*": {"address": "http://127.0.0.1:$(SANDBOX_PORT)/feeds/{topic}/{dataset}"}}
run: export APP_CLOCK__ADDRESS ?= http://127.0.0.1:$(SANDBOX_PORT)/sandbox/clock
run: environment frontend  ## 启动练习环境：建库、装入示例数据，控制台与练习手机一起打开
	@tests/sandbox/run || [ $$? = 130 ]  # Ctrl-C is how one stops it

test: environment frontend browser  ## 全部测试，结果记入 var/requirements.json
	@mkdir -p var
	$(BIN)/python -m pytest -q -n logical --dist loadgroup --proof=var/requirements.json

requirements: environment  ## 每条需求一行：已由哪些测试证明，或尚缺
	@$(BIN)/python -m tests.requirements

bench: environment  ## 测量各项指标（15 分钟内），写入 var/bench.json
	@$(BIN)/python -m tests.bench

bench-long: environment  ## 另加增长、久跑与大数据量的测量
	@$(BIN)/python -m tests.bench --long

lint: environment  ## 格式、静态检查、类型、层次
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet webapp/templates

format: environment  ## 整理格式
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: environment  ## 重新生成流程说明、卡片图样与接口文件
	$(BIN)/python -m core.policy.docs
	$(BIN)/python -m cards.drawings
	$(BIN)/flask --app webapp openapi

lock: environment  ## 按 pyproject.toml 重新锁定依赖
	$(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --generate-hashes --all-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --strip-extras --no-header -o requirements.lock pyproject.toml

clean:  ## 删除练习数据与缓存（不动代码与环境）
	rm -rf var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
