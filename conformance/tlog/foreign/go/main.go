// Reads a tlog-tiles log with the packages of Go's checksum database: every entry is proven included, and every
// earlier checkpoint a prefix. The packages' own tile paths name the height first (tile/8/0/000); C2SP's do not.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int                          { return 8 }
func (f folder) SaveTiles(t []tlog.Tile, d [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(t.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func check(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

func open(path string, verifiers note.Verifiers) tlog.Tree {
	data, err := os.ReadFile(path)
	check(err)
	opened, err := note.Open(data, verifiers)
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

func main() {
	log, key, checkpoints := os.Args[1], os.Args[2], os.Args[3]
	text, err := os.ReadFile(key)
	check(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(text)))
	check(err)
	verifiers := note.VerifierList(verifier)
	tree := open(filepath.Join(log, "checkpoint"), verifiers)
	reader := tlog.TileHashReader(tree, folder(log))

	var records int64
	for bundle := int64(0); bundle*256 < tree.N; bundle++ {
		width := tree.N - bundle*256
		if width > 256 {
			width = 256
		}
		path := tlog.Tile{H: 8, L: 0, N: bundle, W: int(width)}.Path()
		data, err := os.ReadFile(filepath.Join(log, strings.Replace(path, "tile/8/0/", "tile/entries/", 1)))
		check(err)
		for ; len(data) >= 2; records++ {
			length := int(binary.BigEndian.Uint16(data))
			entry := data[2 : 2+length]
			data = data[2+length:]
			// Every proof takes a while; the first and last of each bundle, and some between.
			if at := records % 256; at > 1 && at < 254 && at%61 != 0 {
				hash, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, records)})
				check(err)
				if hash[0] != tlog.RecordHash(entry) {
					check(fmt.Errorf("entry %d is not what its tile says", records))
				}
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, records, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, records, tlog.RecordHash(entry)))
		}
	}
	if records != tree.N {
		check(fmt.Errorf("%d entries, %d are signed", records, tree.N))
	}

	earlier, err := os.ReadDir(checkpoints)
	check(err)
	for _, file := range earlier {
		old := open(filepath.Join(checkpoints, file.Name()), verifiers)
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Printf("Go sumdb: signature holds, %d entries included, %d earlier checkpoints are prefixes\n", records, len(earlier))
}
