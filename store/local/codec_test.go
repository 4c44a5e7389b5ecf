package local

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/crosstrail/crosstrail/lineage"
)

// fillFields gives every field below v, however deep, a value of its own.
func fillFields(t *testing.T, v reflect.Value, path string, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Name == "Caller" { // it is kept once, apart
				continue
			}
			fillFields(t, v.Field(i), path+"."+f.Name, n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("%s %d", path, *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) * 1_000_003)
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	case reflect.Uint64:
		v.SetUint(uint64(*n) << 56)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillFields(t, v.Index(0), path, n)
		fillFields(t, v.Index(1), path, n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillFields(t, key, path, n)
			fillFields(t, value, path, n)
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("%s is a %s: appendFact does not know such fields", path, v.Kind())
	}
}

// TestFactKeepsEveryField: a field that lineage has and the store does not keep
// would be an answer that is lost.
func TestFactKeepsEveryField(t *testing.T) {
	var want lineage.Fact
	n := 0
	fillFields(t, reflect.ValueOf(&want).Elem(), "Fact", &n)
	const file = 1<<40 + 7
	body := appendFact(nil, &want, file)
	got, number, err := readFact(body)
	if err != nil || number != file {
		t.Fatalf("file %d, %v", number, err)
	}
	want.File = "" // by its number
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	for cut := range body {
		if f, _, err := readFact(body[:cut]); err == nil {
			t.Errorf("of %d bytes %d are no fact: %+v", len(body), cut, f)
		}
	}
	// And nothing of nothing.
	got, _, err = readFact(appendFact(nil, &lineage.Fact{}, 0))
	if err != nil || !reflect.DeepEqual(*got, lineage.Fact{}) {
		t.Errorf("an empty one: %+v, %v", *got, err)
	}
}

// FuzzParts reads any bytes as each of the parts that a segment may have. What
// can be read is written as it was read.
func FuzzParts(f *testing.F) {
	n := 0
	var fact lineage.Fact
	fillFields(nil, reflect.ValueOf(&fact).Elem(), "Fact", &n)
	f.Add(appendFact(nil, &fact, 3))
	f.Add(appendFact(nil, &lineage.Fact{Kind: lineage.Name}, 0))
	f.Add(appendTallies(nil, []tally{{hour: 490_000, who: 3, place: 1, first: 7, n: 2, writes: 1, to: 9}, {hour: 490_001, alone: true, first: 9, n: 1}}))
	f.Add(appendHours(nil, []hourStart{{490_000, 0, 0}, {490_001, 1, 2}, {1 << 30, 2, 3}}))
	f.Add(appendText(appendText(nil, `{"type":"IAMUser"}`), ""))
	f.Add(appendText(nil, `{"type":`))
	f.Add(index(partKeys, []entry{{1 << 24, 2, 3}, {-1 << 24, 0, 1}, {1 << 24, 0, 1}})[0].data)
	f.Add([]byte(partsMark))
	directory := filepath.Join(f.TempDir(), "1.parts")
	if _, err := writeParts(directory, []part{{partFacts, 0, []byte("abc")}, {partPeople, 0, []byte("de")}}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(directory)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	press, dir := newPressers(), f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if f, file, err := readFact(data); err == nil {
			again, number, err := readFact(appendFact(nil, f, file))
			if err != nil || number != file || !reflect.DeepEqual(again, f) {
				t.Errorf("%+v became %+v, %v", f, again, err)
			}
			f.Caller = &lineage.Identity{}
			_ = f.Keys()
		}
		if all, err := readTallies(data); err == nil && len(all) > 0 {
			if again, err := readTallies(appendTallies(nil, all)); err != nil || len(again) != len(all) {
				t.Errorf("%d tallies became %d, %v", len(all), len(again), err)
			}
		}
		if all, err := readHours(data); err == nil {
			if again, err := readHours(appendHours(nil, all)); err != nil || len(again) != len(all) {
				t.Errorf("%d hours became %d, %v", len(all), len(again), err)
			}
		}
		_, _ = readPeople(data)
		_ = splitNames(string(data))
		_, _ = press.openPart(data)
		_, _ = press.openPart(sealed(bytes.Clone(data)))
		for _, e := range []entries{{data, sizeOf(partKeys)}, {data, sizeOf(partCallers)}, {nil, 16}} {
			for i := range min(e.len(), 4) {
				if found := e.find(nil, e.at(i).hash); len(found) > e.len() {
					t.Errorf("%d entries of %d", len(found), e.len())
				}
			}
		}
		fuzzDirectory(t, filepath.Join(dir, "x"), data)
	})
}

// fuzzDirectory reads bytes as a parts file; as they are, and with a checksum
// that is right.
func fuzzDirectory(t *testing.T, name string, data []byte) {
	n := len(data) / entryBytes
	directory := data[:n*entryBytes]
	footer := binary.LittleEndian.AppendUint32(nil, uint32(n))
	footer = append(footer, sealed(bytes.Clone(directory))[len(directory):]...)
	for _, body := range [][]byte{data, append(append(bytes.Clone(directory), footer...), partsMark...)} {
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := readDirectory(f) // of what is none there are none
		for _, at := range all {
			if at.offset < 0 || at.offset+int64(at.length) > int64(len(body)) {
				t.Errorf("a part at %d of %d bytes, in a file of %d", at.offset, at.length, len(body))
			}
			_, _ = find(all, at.kind, at.first)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
