// Package main writes random scripts for the two unit-level parts of the reference, its configuration changer and its
// quorum arithmetic, with the output they give. The shared oracle makes interaction scripts only; these reach joint
// configurations, error texts and vote patterns that interactions rarely do.
package main

import (
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.etcd.io/raft/v3/confchange"
	"go.etcd.io/raft/v3/quorum"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
)

func main() {
	from := flag.Int64("from", 1, "first seed")
	count := flag.Int("count", 100, "scripts of each kind")
	flag.BoolVar(&wide, "wide", false, "ids that no double holds")
	out := flag.String("out", "", "folder to write to")
	flag.Parse()
	if err := os.MkdirAll(*out, 0o755); err != nil {
		panic(err)
	}
	for seed := *from; seed < *from+int64(*count); seed++ {
		write(*out, "changer", seed, changerScript(rand.New(rand.NewSource(seed))))
		write(*out, "quorum", seed, quorumScript(rand.New(rand.NewSource(seed))))
	}
}

// wide makes ids hashes, as far as doubles go: some differ in the last bit only, some are the highest there are.
var wide bool

// id spells a small id, or the wide one in its place; their orders are not the same.
func id(small int) uint64 {
	if !wide || small == 0 {
		return uint64(small)
	}
	switch n := uint64(small); small % 4 {
	case 0:
		return math.MaxUint64 - n/4
	case 1:
		return 1<<53 + n/4
	case 2:
		return 14695981039346656037 + n/4
	default:
		return n
	}
}

func write(dir, kind string, seed int64, text string) {
	name := filepath.Join(dir, fmt.Sprintf("%s%07d.txt", kind, seed))
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		panic(err)
	}
}

// directive formats one directive; its output has no blank line.
func directive(b *strings.Builder, line, input, output string) {
	b.WriteString(line + "\n")
	if input != "" {
		b.WriteString(input + "\n")
	}
	if output != "" && !strings.HasSuffix(output, "\n") {
		output += "\n"
	}
	b.WriteString("----\n" + output + "\n")
}

// ---- configuration changer ---------------------------------------------------

var kinds = map[byte]pb.ConfChangeType{
	'v': pb.ConfChangeAddNode, 'l': pb.ConfChangeAddLearnerNode,
	'r': pb.ConfChangeRemoveNode, 'u': pb.ConfChangeUpdateNode,
}

func randomChanges(r *rand.Rand, most int) string {
	var tokens []string
	for n := r.Intn(most + 1); n > 0; n-- {
		token := string("vvvlllrrru"[r.Intn(10)]) + strconv.FormatUint(id(1+r.Intn(7)), 10)
		switch r.Intn(80) {
		case 0:
			token = "x3"
		case 1:
			token = "v"
		case 2:
			token = "l-1"
		case 3:
			token = "v0"
		case 4:
			token = "r" + strconv.FormatUint(id(100+r.Intn(900)), 10)
		}
		tokens = append(tokens, token)
	}
	return strings.Join(tokens, " ")
}

func readChanges(text string) ([]*pb.ConfChangeSingle, error) {
	var changes []*pb.ConfChangeSingle
	for _, token := range strings.Fields(text) {
		if len(token) < 2 {
			return nil, fmt.Errorf("unknown token %s", token)
		}
		kind, ok := kinds[token[0]]
		if !ok {
			return nil, fmt.Errorf("unknown input: %s", token)
		}
		id, err := strconv.ParseUint(token[1:], 10, 64)
		if err != nil {
			return nil, err
		}
		changes = append(changes, &pb.ConfChangeSingle{Type: kind.Enum(), NodeId: new(id)})
	}
	return changes, nil
}

func changerScript(r *rand.Rand) string {
	changer := confchange.Changer{Tracker: tracker.MakeProgressTracker(10, 0)}
	var b strings.Builder
	if r.Intn(8) > 0 { // most start with a voter: without one nearly everything is refused
		directive(&b, "simple", "v1", runChange(&changer, "simple", "v1"))
		changer.LastIndex++
	}
	for n := 3 + r.Intn(25); n > 0; n-- {
		line, most := "simple", 2
		switch x := r.Intn(10); {
		case x < 3:
			line, most = "enter-joint", 4
			if r.Intn(2) == 0 {
				line += " autoleave=" + []string{"true", "false", "1", "0"}[r.Intn(4)]
			}
		case x < 6:
			line, most = "leave-joint", r.Intn(15)/14
		}
		input := randomChanges(r, most)
		directive(&b, line, input, runChange(&changer, line, input))
		changer.LastIndex++
	}
	return b.String()
}

func runChange(changer *confchange.Changer, line, input string) string {
	changes, err := readChanges(input)
	if err != nil {
		return err.Error()
	}
	var config tracker.Config
	var progress tracker.ProgressMap
	switch command, option, _ := strings.Cut(line, " "); {
	case command == "simple":
		config, progress, err = changer.Simple(changes...)
	case command == "enter-joint":
		auto, _ := strconv.ParseBool(strings.TrimPrefix(option, "autoleave="))
		config, progress, err = changer.EnterJoint(auto, changes...)
	case len(changes) > 0:
		return "this command takes no input\n"
	default:
		config, progress, err = changer.LeaveJoint()
	}
	if err != nil {
		return err.Error() + "\n"
	}
	changer.Tracker.Config, changer.Tracker.Progress = config, progress
	return config.String() + "\n" + progress.String()
}

// ---- quorums -------------------------------------------------------------------

type acks map[uint64]quorum.Index

func (a acks) AckedIndex(id uint64) (quorum.Index, bool) {
	index, ok := a[id]
	return index, ok
}

func randomIDs(r *rand.Rand) []uint64 {
	var ids []uint64
	for _, i := range r.Perm(12)[:r.Intn(8)] {
		ids = append(ids, id((i+1)*(1+r.Intn(2)*20)))
	}
	return ids
}

func list(ids []uint64) string {
	var s []string
	for _, id := range ids {
		s = append(s, strconv.FormatUint(id, 10))
	}
	return "(" + strings.Join(s, ",") + ")"
}

func quorumScript(r *rand.Rand) string {
	var b strings.Builder
	for n := 3 + r.Intn(15); n > 0; n-- {
		ids, joined := randomIDs(r), randomIDs(r)
		joint := r.Intn(2) == 0
		args := ""
		if len(ids) > 0 {
			args = " cfg=" + list(ids)
		}
		halves := quorum.JointConfig{quorum.MajorityConfig{}, quorum.MajorityConfig{}}
		for _, id := range ids {
			halves[0][id] = struct{}{}
		}
		if !joint {
			joined = nil
		} else if len(joined) == 0 {
			args += " cfgj=zero"
		} else {
			args += " cfgj=" + list(joined)
		}
		for _, id := range joined {
			halves[1][id] = struct{}{}
		}
		if r.Intn(2) == 0 {
			committedDirective(r, &b, args, members(ids, joined), halves, joint)
		} else {
			voteDirective(r, &b, args, members(ids, joined), halves, joint)
		}
	}
	return b.String()
}

// members are the distinct ids in the order in which values are assigned.
func members(lists ...[]uint64) []uint64 {
	var all []uint64
	seen := map[uint64]bool{}
	for _, ids := range lists {
		for _, id := range ids {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

func committedDirective(r *rand.Rand, b *strings.Builder, args string, ids []uint64, halves quorum.JointConfig, joint bool) {
	values, reported := []string{}, acks{}
	for _, id := range ids {
		if r.Intn(4) == 0 {
			values = append(values, "_")
			continue
		}
		reported[id] = quorum.Index(1 + r.Intn(9)*[]int{1, 1, 100, 12345}[r.Intn(4)])
		values = append(values, reported[id].String())
	}
	var index quorum.Index
	var chart string
	if joint {
		index, chart = halves.CommittedIndex(reported), halves.Describe(reported)
	} else {
		index, chart = halves[0].CommittedIndex(reported), halves[0].Describe(reported)
	}
	if len(values) > 0 {
		args += " idx=(" + strings.Join(values, ",") + ")"
	}
	directive(b, "committed"+args, "", chart+index.String()+"\n")
}

func voteDirective(r *rand.Rand, b *strings.Builder, args string, ids []uint64, halves quorum.JointConfig, joint bool) {
	values, votes := []string{}, map[uint64]bool{}
	for _, id := range ids {
		switch x := r.Intn(5); {
		case x == 0:
			values = append(values, "_")
			continue
		default:
			votes[id] = x < 3
		}
		if votes[id] {
			values = append(values, "y")
		} else {
			values = append(values, "n")
		}
	}
	if len(values) > 0 {
		args += " votes=(" + strings.Join(values, ",") + ")"
	}
	result := halves.VoteResult(votes)
	if !joint {
		result = halves[0].VoteResult(votes)
	}
	directive(b, "vote"+args, "", result.String()+"\n")
}
