# Everything here is a plain command that can be typed without make.
.PHONY: build lambda test check format fuzz bench bench-large golden aws-up load full

TOOLS = go tool -modfile=tools/go.mod
FUZZTIME ?= 5m

build: lambda ## the program, with its commit, and with the function in it that crosstrail deploy uploads
	cp dist/crosstrail-lambda-arm64.zip dist/crosstrail-lambda-amd64.zip deploy/function/
	CGO_ENABLED=0 go build -trimpath -tags embedfunction -buildvcs=$(shell git rev-parse HEAD >/dev/null 2>&1 && echo true || echo false) -o crosstrail ./cmd/crosstrail

lambda: ## dist/crosstrail-lambda-{arm64,amd64}.zip: what AWS Lambda takes; one commit, the same bytes
	@for arch in arm64 amd64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -buildvcs=$(shell git rev-parse HEAD >/dev/null 2>&1 && echo true || echo false) -tags lambda.norpc -ldflags='-s -w' -o dist/$$arch/bootstrap ./cmd/crosstrail-lambda && \
		go run github.com/aws/aws-lambda-go/cmd/build-lambda-zip -o dist/crosstrail-lambda-$$arch.zip dist/$$arch/bootstrap || exit 1; \
	done

test: ## what the README names
	go test -race -shuffle=on ./...

# What asks internal/race: all else is the same with the detector.
full: ## without the race detector, what does less under it
	go test -shuffle=on -run '^Test(Answers(AreThoseOfTrace|AboutRealRecords)|Damaged(Catalogue|Events)|Kill(Ingest|Retain|Rebuild|Verify)|TurnedWitness|Readings)$$' ./store/local
	go test -shuffle=on -run '^Test(LongSecond|Late|Looked|Keys|Reach|UsedSoon|NarrowIsWhole|TalliesTellWhatRowsTell|TalliesInAnyOrder|AnswersOfAnyStore)$$' ./store/dynamo ./store/remote ./query
	go test -shuffle=on -run '^Test(Truth|EveryRecordIsJSONWithTruth|AnswersDoNotDependOnFiles|NeverWhole|WindowsAddUp|ForgedDigestsAreBounded)$$' ./internal/synth ./cloudtrail/digest

check: ## all that CI runs
	bash .ci/run

format:
	$(TOOLS) gofumpt -w .

fuzz: ## every fuzz target in turn, FUZZTIME each
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r pkg; do \
		grep -rho '^func Fuzz[A-Za-z0-9]*' $$pkg/*_test.go | sed 's/func //' | while read -r target; do \
			echo "== $$pkg $$target"; go test $$pkg -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
		done || exit 1; \
	done

bench: ## decode, trace and the store against decompressing alone, in one run
	go run ./internal/bench

load: ## 100,000 live-sized log files, announced on two queues, through follow, which is killed and stopped on the way
	CROSSTRAIL_LOAD=100000 go test -count=1 -timeout 30m -v -run '^TestFollowLoad$$' ./cmd/crosstrail

bench-large: ## how the store grows from one million events to ten
	go run ./internal/bench -only growth

aws-up: ## the AWS of the tests in the foreground, with accounts to deploy in, the demo, and AWS's text on auditing: says what to type
	@go run ./internal/awstest/up

golden: ## rewrite golden files; look at the diff
	go test ./render ./cmd/crosstrail -update
