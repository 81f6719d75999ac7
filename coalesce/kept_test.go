package coalesce

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// age is how old answers of these tests may be.
const age = 50 * time.Millisecond

// library keeps pages by a clock of its own.
type library struct {
	testing.TB
	pages *Same[string]
	now   atomic.Int64
}

func newLibrary(tb testing.TB, most, mostBytes int) *library {
	tb.Helper()
	l := &library{TB: tb}
	l.pages = NewSame(time.Minute, never, Keeping[string]{
		Age: age, Most: most, MostBytes: mostBytes, Size: func(page string) int { return len(page) }, Now: func() time.Time { return time.Unix(0, l.now.Load()) },
	})
	return l
}

func (l *library) later(by time.Duration) { l.now.Add(int64(by)) }

// gets asks for a page that says so now, and expects an answer.
func (l *library) gets(want, key, says string) {
	l.Helper()
	page, err := l.pages.Get(l.Context(), key, func(context.Context) (string, error) { return says, nil })
	require.NoError(l, err)
	require.Equal(l, want, page)
	l.idle()
}

// idle waits until what has been read is kept: a caller may have it a moment sooner.
func (l *library) idle() {
	l.Helper()
	require.Eventually(l, func() bool {
		l.pages.mu.Lock()
		defer l.pages.mu.Unlock()
		return len(l.pages.reads) == 0
	}, time.Minute, 100*time.Microsecond)
}

// waits waits until somebody waits for the next read.
func (l *library) waits(key string) {
	l.Helper()
	require.Eventually(l, func() bool {
		l.pages.mu.Lock()
		defer l.pages.mu.Unlock()
		return l.pages.reads[key].next != nil
	}, time.Minute, 100*time.Microsecond)
}

// slowly begins to read a page that says so, and gives what ends the read and waits for its answer.
func (l *library) slowly(key, says string) (end func()) {
	l.Helper()
	begun, goOn, got := make(chan struct{}), make(chan struct{}), make(chan string, 1)
	go func() {
		page, _ := l.pages.Get(context.WithoutCancel(l.Context()), key, func(context.Context) (string, error) {
			close(begun)
			<-goOn
			return says, nil
		})
		got <- page
	}()
	<-begun
	return func() {
		l.Helper()
		close(goOn)
		require.Equal(l, says, <-got)
	}
}

// has says how much is kept.
func (l *library) has(answers, bytes int) {
	l.Helper()
	l.pages.mu.Lock()
	defer l.pages.mu.Unlock()
	require.Equal(l, answers, l.pages.kept.answers.Len())
	require.Equal(l, bytes, l.pages.kept.bytes)
}

func TestNobodyGetsAnAnswerThatIsOlderThanItMayBe(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	l.gets("first", "a", "first")
	l.later(age - 1)
	l.gets("first", "a", "second")
	l.gets("other", "b", "other")
	l.later(1)
	l.gets("third", "a", "third")
	l.has(2, len("athird")+len("bother"))
}

func TestTheAgeOfAnAnswerCountsFromTheBeginningOfItsRead(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	end := l.slowly("a", "slow")
	l.later(age - 1)
	end()
	l.idle()
	l.gets("slow", "a", "new")
	l.later(1)
	l.gets("new", "a", "new")
	l.later(age)
	end = l.slowly("a", "slower")
	l.later(age)
	end()
	l.idle()
	l.has(0, 0)
	l.gets("newest", "a", "newest")
}

func TestWhoComesDuringAReadSharesItWhileItIsYoung(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	end := l.slowly("a", "shared")
	l.later(age - 1)
	young, late := make(chan string, 1), make(chan string, 1)
	ask := func(into chan string, says string) {
		page, _ := l.pages.Get(context.WithoutCancel(t.Context()), "a", func(context.Context) (string, error) { return says, nil })
		into <- page
	}
	go ask(young, "read for the young")
	end()
	require.Equal(t, "shared", <-young, "whether it came before the end of the read or after it")
	l.idle()

	l.later(age)
	end = l.slowly("a", "too old")
	l.later(age)
	go ask(late, "next")
	l.waits("a")
	end()
	require.Equal(t, "next", <-late)
	l.idle()
	l.gets("next", "a", "later")
}

func TestWhoAsksAfterAChangeGetsWhatIsReadAfterIt(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	l.gets("before", "a", "before")
	l.gets("other", "b", "other")
	l.pages.Forget("a")
	l.pages.Forget("nothing")
	l.gets("after", "a", "after")
	l.gets("other", "b", "new")

	l.pages.Forget("a")
	end := l.slowly("a", "begun before")
	l.pages.Forget("a")
	asked := make(chan string, 1)
	go func() {
		page, _ := l.pages.Get(context.WithoutCancel(t.Context()), "a", func(context.Context) (string, error) { return "begun after", nil })
		asked <- page
	}()
	l.waits("a")
	end()
	require.Equal(t, "begun after", <-asked)
	l.idle()
	l.gets("begun after", "a", "later")

	l.pages.Forget("a")
	end = l.slowly("a", "begun before")
	l.pages.Forget("a")
	end()
	l.idle()
	l.gets("later", "a", "later")
}

func TestWhatFailsIsNotKept(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	spilt := errors.New("spilt")
	_, err := l.pages.Get(t.Context(), "a", func(context.Context) (string, error) { return "half", spilt })
	require.ErrorIs(t, err, spilt)
	l.idle()
	_, err = l.pages.Get(t.Context(), "a", func(context.Context) (string, error) { panic("tea") })
	require.ErrorContains(t, err, "tea")
	l.idle()
	l.has(0, 0)
	l.gets("whole", "a", "whole")
}

func TestACallerWhoLeavesDoesNotSpoilWhatOthersGet(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	leaving, leave := context.WithCancel(t.Context())
	begun, goOn := make(chan struct{}), make(chan struct{})
	left := make(chan error, 1)
	go func() {
		_, err := l.pages.Get(leaving, "a", func(ctx context.Context) (string, error) {
			close(begun)
			<-goOn
			return "read", ctx.Err()
		})
		left <- err
	}()
	<-begun
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(goOn)
	l.idle()
	l.gets("read", "a", "again")
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 3, 20)
	for _, key := range []string{"a", "b", "c", "d"} {
		l.gets("x", key, "x")
	}
	l.has(3, 6)
	l.gets("y", "a", "y") // a was kept first, so it has been dropped, and now b is
	l.gets("x", "c", "new")
	l.gets("y", "b", "y")
	l.has(3, 6)

	l.gets(strings.Repeat("z", 17), "e", strings.Repeat("z", 17))
	l.has(2, 20)
	l.gets(strings.Repeat("z", 20), "f", strings.Repeat("z", 20))
	l.has(2, 20)
	l.gets("x", "f", "x")
	l.has(2, 20)
	l.gets("x", "f", "larger than there is room for")
	l.pages.Forget("f")
	l.has(1, 18)
}

func TestWhatIsTooOldIsDroppedWhenSomethingElseIsKept(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, 10, 1000)
	l.gets("x", "a", "x")
	l.gets("x", "b", "x")
	l.later(age)
	l.gets("x", "c", "x")
	l.has(1, 2)
}
