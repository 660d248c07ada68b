// Starts a Firecracker VM with firecracker-go-sdk for every line on stdin, which names a directory,
// and prints how many milliseconds it took from the spawn to InstanceStart's acknowledgement.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	firecracker "github.com/firecracker-microvm/firecracker-go-sdk"
	"github.com/firecracker-microvm/firecracker-go-sdk/client/models"
	"github.com/sirupsen/logrus"
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: vmm-start-go FIRECRACKER KERNEL DRIVE"))
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		elapsed, err := start(os.Args[1], os.Args[2], os.Args[3], lines.Text())
		if err != nil {
			fail(err)
		}
		fmt.Printf("%.3f\n", float64(elapsed.Microseconds())/1000)
	}
}

func start(binary, kernel, drive, directory string) (time.Duration, error) {
	context, cancel := context.WithCancel(context.Background())
	defer cancel()
	socket := filepath.Join(directory, "api.sock")
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	begin := time.Now()
	command := firecracker.VMCommandBuilder{}.WithBin(binary).WithSocketPath(socket).Build(context)
	machine, err := firecracker.NewMachine(
		context,
		firecracker.Config{
			SocketPath:      socket,
			KernelImagePath: kernel,
			KernelArgs:      "console=ttyS0 reboot=k panic=1 pci=off",
			Drives: []models.Drive{{
				DriveID:      firecracker.String("root"),
				PathOnHost:   firecracker.String(drive),
				IsRootDevice: firecracker.Bool(true),
				IsReadOnly:   firecracker.Bool(true),
			}},
			VsockDevices: []firecracker.VsockDevice{{
				ID: "vsock", CID: 3, Path: filepath.Join(directory, "v.sock"),
			}},
			MachineCfg: models.MachineConfiguration{
				VcpuCount:  firecracker.Int64(1),
				MemSizeMib: firecracker.Int64(128),
			},
		},
		firecracker.WithProcessRunner(command),
		firecracker.WithLogger(logrus.NewEntry(logger)),
	)
	if err != nil {
		return 0, err
	}
	if err := machine.Start(context); err != nil {
		return 0, err
	}
	elapsed := time.Since(begin)
	if err := machine.StopVMM(); err != nil {
		return 0, err
	}
	// That it was ended by a signal is what was asked for.
	_ = machine.Wait(context)
	return elapsed, nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
