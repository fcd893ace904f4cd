// Package main runs command lists through the reference's interaction environment and prints the state-trace events its
// `with_tla` build reports: one JSON array of event lines for each list. Build it with -tags=with_tla.
package main

import (
	"bufio"
	crand "crypto/rand"
	"encoding/json"
	"os"
	"testing"

	"github.com/cockroachdb/datadriven"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/rafttest"
)

// directive is one command with the lines below it.
type directive struct {
	Line  string `json:"line"`
	Input string `json:"input"`
}

// collector keeps the text of each event, in order.
type collector struct{ lines []string }

func (c *collector) TraceEvent(e *raft.TracingEvent) {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	c.lines = append(c.lines, string(b))
}

// middle makes every election timeout the middle one; no event depends on it.
type middle struct{}

func (middle) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}

func main() {
	crand.Reader = middle{}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<28)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var list []directive
		if err := json.Unmarshal(in.Bytes(), &list); err != nil {
			panic(err)
		}
		b, err := json.Marshal(run(list))
		if err != nil {
			panic(err)
		}
		out.Write(append(b, '\n'))
	}
}

func run(list []directive) []string {
	c := &collector{lines: []string{}}
	env := rafttest.NewInteractionEnv(&rafttest.InteractionOpts{
		OnConfig: func(cfg *raft.Config) { cfg.TraceLogger = c },
		// Lists that pin a timeout are not given to this program.
		SetRandomizedElectionTimeout: func(*raft.RawNode, int) { panic("pinned timeout") },
	})
	for _, d := range list {
		command, args, err := datadriven.ParseLine(d.Line)
		if err != nil {
			panic(err)
		}
		env.Handle(&testing.T{}, datadriven.TestData{Cmd: command, CmdArgs: args, Input: d.Input})
	}
	return c.lines
}
