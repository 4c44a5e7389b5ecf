package function

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// machineOf is the architecture of a program in a zip, in Lambda's word.
func machineOf(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // it is only read
	// All of it, so that a checksum that is wrong shows: its size was looked at.
	data, err := io.ReadAll(io.LimitReader(r, mostUnzipped))
	if err != nil {
		return "", err
	}
	program, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return "", errors.New("it is no program for Linux (build one with GOOS=linux)")
	}
	switch {
	case program.Class != elf.ELFCLASS64 || program.OSABI != elf.ELFOSABI_NONE && program.OSABI != elf.ELFOSABI_LINUX:
	case program.Machine == elf.EM_AARCH64:
		return ARM, nil
	case program.Machine == elf.EM_X86_64:
		return X86, nil
	}
	return "", fmt.Errorf("it is for %s %s, and Lambda runs arm64 and x86_64", program.OSABI, program.Machine)
}
