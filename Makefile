# 《交叉熵》的命令。真正的活在 tools/ 里；这里只有名字。
.DEFAULT_GOAL := help
PYTHON ?= python3
RUN := .venv/bin/python -m

.PHONY: help setup frameworks book pdf test test-grader lighthouse benchmark release grade-demo sandbox lab serve outputs lint format lock clean

help: ## 列出命令
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@command -v $(PYTHON) >/dev/null || { echo "错误：找不到 $(PYTHON)。请安装 Python 3.11 或更新的版本，或用 make PYTHON=路径 指定。" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py

frameworks: setup # 第 6 章要的 Keras 与 JAX 上次没有装上时，再试一次
	@$(PYTHON) tools/bootstrap.py frameworks

book: setup ## 装好环境，运行 notebook，构建 _build/html
	@BOOK_URL="$(BOOK_URL)" $(RUN) tools.book

pdf: book ## 把全书做成一个 PDF：_build/cross-entropy.pdf
	@$(RUN) tools.pdf

test: setup ## 验证书里的一切：库、章节、数字、文字、图与构建
	@$(RUN) tools.verify

test-grader: setup sandbox ## 验证批改：沙箱、恶意的提交、随时被杀、集群、PostgreSQL、速度
	@$(RUN) tools.verify grader

lighthouse: book ## 用 Lighthouse 量每一页，写 _build/lighthouse.md
	@$(RUN) tools.lighthouse

benchmark: setup ## 与 SciPy、PyTorch 等同场比较精度与速度，更新附录《数值报告》
	@$(RUN) tools.benchmark

sandbox: setup # 以管理员身份运行在 Debian 系的系统上时，缺了就装好
	@$(RUN) tools.debian bwrap=bubblewrap

release: setup ## 生成全部作业的学生版：assignments/release/*.zip
	@for hw in $$(ls assignments/source); do $(RUN) grader release $$hw || exit 1; done

grade-demo: setup sandbox ## 用编好的一班提交，从发放批到反馈走一遍
	@$(RUN) tools.grade_demo

lab: setup ## 在 JupyterLab 里打开 chapters/
	@$(RUN) jupyterlab chapters

serve: ## 在本机浏览器里看构建好的书
	@test -f _build/html/index.html || { echo "错误：还没有构建，请先运行 make book。" >&2; exit 1; }
	@$(RUN) http.server 8000 --bind 127.0.0.1 --directory _build/html

outputs: setup ## 刷新 notebook 里的文字输出、图注，以及前言的图
	@$(RUN) tools.notebooks refresh && $(RUN) tools.pictures

lint: setup ## 检查代码风格
	@$(RUN) ruff check && $(RUN) ruff format --check

format: setup ## 整理代码与 notebook 的格式
	@$(RUN) ruff check --fix && $(RUN) ruff format && $(RUN) tools.notebooks normalize

lock: setup ## 重新解析依赖，写 requirements.lock 与 package-lock.json
	@$(RUN) tools.lock

clean: ## 删除构建结果（环境 .venv 与 node_modules 保留）
	@rm -rf _build
