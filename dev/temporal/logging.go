package main

import (
	"fmt"

	"go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes one JSON line per entry to standard error. The level that it
// returns can be raised while the logger is in use.
func newLogger(name string) (log.Logger, zap.AtomicLevel, error) {
	level := zap.NewAtomicLevelAt(log.ParseZapLevel(name))
	built, err := zap.Config{
		Level:            level,
		Encoding:         "json",
		EncoderConfig:    log.DefaultZapEncoderConfig,
		OutputPaths:      []string{"stderr"},
		ErrorOutputPaths: []string{"stderr"},
		// The server logs where every entry comes from; a stack besides would
		// bury the messages.
		DisableStacktrace: true,
		DisableCaller:     true,
	}.Build()
	if err != nil {
		return nil, level, fmt.Errorf("build the logger: %w", err)
	}
	return log.NewZapLogger(built), level, nil
}

// hush raises a level that would show errors alone, and returns how to restore
// it: while the services start and stop, each takes the others' absence for an
// error. What ends the process is logged all the same.
func hush(level zap.AtomicLevel) (restore func()) {
	before := level.Level()
	if before >= zapcore.ErrorLevel {
		level.SetLevel(zapcore.FatalLevel)
	}
	return func() { level.SetLevel(before) }
}
