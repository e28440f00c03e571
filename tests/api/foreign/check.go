// Check a folder of what /ledger served with the packages by which Go checks its own modules (golang.org/x/mod/sumdb).
//
// It shares no code with the record. Every tile is proved by the signed root before a hash of it is believed; every
// entry must be the leaf there; every proof, and the consistency with the older checkpoint, must hold. It prints how
// many entries and proofs it checked.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var folder = os.Args[1]

// read returns a file of the folder.
func read(path string) []byte {
	octets, err := os.ReadFile(filepath.Join(folder, path))
	check(err)
	return octets
}

// check ends the program: nothing is accepted after an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// open returns the tree that a signed checkpoint names.
func open(signed []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("checkpoint: expected three lines that begin with %s, found %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func hash(text string) (parsed tlog.Hash) {
	octets, err := base64.StdEncoding.DecodeString(text)
	check(err)
	if copy(parsed[:], octets) != tlog.HashSize || len(octets) != tlog.HashSize {
		log.Fatalf("hash: expected %d bytes, found %d", tlog.HashSize, len(octets))
	}
	return parsed
}

func hashes(lines []string) (parsed []tlog.Hash) {
	for _, line := range lines {
		parsed = append(parsed, hash(line))
	}
	return parsed
}

// tiles reads tiles from the folder.
type tiles struct{}

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(asked []tlog.Tile) (found [][]byte, err error) {
	for _, tile := range asked {
		octets, err := os.ReadFile(filepath.Join(folder, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, octets)
	}
	return found, nil
}

// entries returns the entries of all bundles, in order.
func entries(size int64) (found [][]byte) {
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: 0, N: n, W: int(width)}
		octets := read(filepath.Join("tile/entries", strings.TrimPrefix(tile.Path(), "tile/8/0/")))
		for len(octets) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(octets))
			found = append(found, octets[2:end])
			octets = octets[end:]
		}
	}
	return found
}

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("key"))))
	check(err)
	tree := open(read("checkpoint"), verifier)
	reader := tlog.TileHashReader(tree, tiles{})
	all := entries(tree.N)
	if int64(len(all)) != tree.N {
		log.Fatalf("entries: expected %d, found %d", tree.N, len(all))
	}
	proofs := 0
	for index, entry := range all {
		leaf := tlog.RecordHash(entry)
		found, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
		check(err)
		if found[0] != leaf {
			log.Fatalf("entry %d: its leaf is not in the tree", index+1)
		}
		proof, signed, _ := strings.Cut(string(read(fmt.Sprintf("proof/%d", index+1))), "\n\n")
		lines := strings.Split(proof, "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", index) {
			log.Fatalf("proof %d: found %q", index+1, lines[:2])
		}
		under := open([]byte(signed), verifier)
		check(tlog.CheckRecord(hashes(lines[2:]), under.N, under.Hash, int64(index), leaf))
		proofs++
	}
	shown, signed, _ := strings.Cut(string(read("consistency")), "\n\n")
	lines := strings.Split(shown, "\n")
	older, newer := open(read("older"), verifier), open([]byte(signed), verifier)
	if lines[0] != fmt.Sprintf("old %d", older.N) {
		log.Fatalf("consistency: expected old %d, found %q", older.N, lines[0])
	}
	check(tlog.CheckTree(hashes(lines[1:]), newer.N, newer.Hash, older.N, older.Hash))
	fmt.Printf("%d entries, %d proofs\n", len(all), proofs)
}
