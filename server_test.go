package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"kith/db/dbtest"
)

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kith-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kith")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput() //nolint:noctx // it ends by itself
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// A process is kith, running.
type process struct {
	cmd  *exec.Cmd
	url  string
	log  *logBuffer
	done chan error
}

// A logBuffer is what a process has logged so far.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// logged waits until the log, which is written a moment later, holds a text.
func (p *process) logged(text string) bool {
	for range 100 {
		if strings.Contains(p.log.String(), text) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func environment(extra ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "KITH_") {
			env = append(env, pair)
		}
	}
	return append(env, extra...)
}

// kith runs a command to its end.
func kith(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = environment(env...), &out, &problems, t.TempDir()
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts the server and waits until it is ready.
func start(t *testing.T, env ...string) *process {
	t.Helper()
	return startAt(t, freePort(t), env...)
}

// startAt starts it at an address, where another may have been.
func startAt(t *testing.T, address string, env ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{url: "http://" + address, log: &logBuffer{}, done: make(chan error, 1)}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), path)
	p.cmd.Env, p.cmd.Stderr, p.cmd.Dir = environment(append(env, "KITH_ADDR="+address)...), p.log, t.TempDir()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(p.kill)
	for range 400 {
		if response, err := http.Get(p.url + "/readyz"); err == nil { //nolint:noctx // a test
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return p
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the server did not become ready: %s", p.log)
	return nil
}

func (p *process) kill() {
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended
	select {
	case err := <-p.done:
		p.done <- err
	case <-time.After(10 * time.Second):
	}
}

type reply struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
	raw string
}

// post sends a request; an error is that of the connection.
func (p *process) post(query string, variables map[string]any, header http.Header) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return reply{}, err
	}
	r, err := http.NewRequest(http.MethodPost, p.url+"/graphql", bytes.NewReader(body)) //nolint:noctx // a test
	if err != nil {
		return reply{}, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	out := reply{raw: string(text)}
	return out, json.Unmarshal(text, &out)
}

func (r reply) at(path ...string) any {
	var v any = r.Data
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

const testSecret = "KITH_SECRET=0123456789abcdef0123456789abcdef"

func TestNewcomer(t *testing.T) {
	p := start(t)
	got, err := p.post(`{ users { totalCount nodes { username profile { fullName } posts(first: 1) { nodes { tags { nodes { name } } } } } } }`, nil, nil)
	if err != nil || got.at("users", "totalCount").(float64) < 3 {
		t.Fatal(got.raw, err)
	}
	for path, want := range map[string]string{"/": "<!doctype html>", "/schema.graphql": "type User implements Node", "/healthz": "ok", "/readyz": "ready"} {
		response, err := http.Get(p.url + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(string(text)), strings.ToLower(want)) {
			t.Errorf("%s: %d %.80s", path, response.StatusCode, text)
		}
	}
	in, err := p.post(`mutation { logIn(input: {username: "ada", password: "demo-password"}) { session { accessToken viewer { username } } userErrors { code } } }`, nil, nil)
	if err != nil || in.at("logIn", "session", "viewer", "username") != "ada" {
		t.Fatal(in.raw, err)
	}
	if !p.logged("statements=4") || !p.logged("request_id=") {
		t.Errorf("the log: %s", p.log)
	}
}

// Whoever starts kith at a terminal is told what to do next; nobody else is.
func TestGreeting(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env        []string
		want, miss []string
	}{
		"demo":  {nil, []string{"Log in as ada with the password demo-password.", "URL/model", "URL/schema.graphql", "curl -s URL/graphql", "docs/README.md"}, nil},
		"empty": {[]string{"KITH_DEMO=false", "KITH_GRAPHIQL=off"}, []string{"URL/graphql"}, []string{"password", "GraphiQL", "/model"}},
	} {
		t.Run(name, func(t *testing.T) {
			screen, shown := terminal(t)
			address := freePort(t)
			cmd := exec.CommandContext(t.Context(), path)
			cmd.Env, cmd.Stdout, cmd.Dir = environment(append(c.env, "KITH_ADDR="+address)...), screen, t.TempDir()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) //nolint:errcheck // it is killed
			lines := bufio.NewScanner(shown)
			var said strings.Builder
			for !strings.Contains(said.String(), "kith --help") {
				if !lines.Scan() {
					t.Fatalf("it said %q: %v", said.String(), lines.Err())
				}
				said.WriteString(lines.Text() + "\n")
			}
			for _, text := range c.want {
				if text = strings.ReplaceAll(text, "URL", "http://"+address); !strings.Contains(said.String(), text) {
					t.Errorf("%q is not in\n%s", text, said.String())
				}
			}
			for _, text := range c.miss {
				if strings.Contains(said.String(), text) {
					t.Errorf("%q is in\n%s", text, said.String())
				}
			}
		})
	}
	p := start(t)
	if strings.Contains(p.log.String(), "Ctrl-C") || !p.logged("msg=serving") {
		t.Errorf("without a terminal the log is\n%s", p.log)
	}
}

// terminal is a new one: the side of a program, and what is seen.
func terminal(t *testing.T) (screen, shown *os.File) {
	t.Helper()
	shown, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shown.Close() })
	var locked, number int32
	for request, value := range map[uintptr]*int32{0x40045431: &locked, 0x80045430: &number} { // TIOCSPTLCK, TIOCGPTN
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, shown.Fd(), request, uintptr(unsafe.Pointer(value))); e != 0 {
			t.Fatal(e)
		}
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return screen, shown
}

// Every command shows what it is called like, and the example is of that command.
func TestHelp(t *testing.T) {
	for _, command := range []string{"", "serve", "migrate", "migrate up", "migrate status", "migrate draft", "seed", "admin", "backup", "promote", "schema", "version"} {
		out, stderr, code := kith(t, nil, append(strings.Fields(command), "--help")...)
		_, examples, found := strings.Cut(out, "Examples:\n")
		examples, _, _ = strings.Cut(examples, "\nFlags:")
		if code != 0 || !found || !strings.Contains(examples, strings.TrimSpace("kith "+command)) {
			t.Errorf("kith %s --help: %d %s\n%s", command, code, stderr, out)
		}
	}
}

// docs/first-query.md is what somebody types into a shell, one command after the other, and what comes of it.
func TestFirstQuery(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "first-query.md"))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t)
	const end = "\x1e"
	var script strings.Builder
	var wants []string
	blocks := strings.Split(string(page), "```")
	for i := 1; i < len(blocks); i += 2 {
		kind, body, _ := strings.Cut(blocks[i], "\n")
		switch kind {
		case "sh":
			script.WriteString(strings.ReplaceAll(body, "http://127.0.0.1:8080", p.url) + "\nprintf '" + end + "'\n")
			wants = append(wants, "")
		case "json":
			wants[len(wants)-1] = body
		default:
			t.Fatalf("a block of %q", kind)
		}
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-ec", script.String()).CombinedOutput()
	said := strings.Split(string(out), end)
	if err != nil || len(said) != len(wants)+1 || len(wants) < 8 {
		t.Fatalf("%v, %d answers to %d commands: %s", err, len(said)-1, len(wants), out)
	}
	for i, want := range wants {
		if got := strings.TrimSpace(said[i]); got != strings.ReplaceAll(strings.TrimSpace(want), ",\n", ",") {
			t.Errorf("command %d answers\n%s\nnot\n%s", i+1, got, want)
		}
	}
}

// Every page of the documents is in their index, and what the index names is there.
func TestDocuments(t *testing.T) {
	index, err := os.ReadFile(filepath.Join("docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join("docs", "*.*"))
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !strings.HasSuffix(name, ".png") && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
	for _, page := range append(pages, "README.md") {
		if filepath.Ext(page) != ".md" {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), found[1])); err != nil {
				t.Errorf("%s leads to %s: %v", page, found[1], err)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unknown":                   {[]string{"KITH_PLANN=on"}, nil, "KITH_PLANN"},
		"malformed choice":          {[]string{"KITH_PLAN=maybe"}, nil, "KITH_PLAN"},
		"malformed duration":        {[]string{"KITH_REQUEST_TIMEOUT=soon"}, nil, "KITH_REQUEST_TIMEOUT"},
		"malformed URL":             {[]string{"KITH_DATABASE_URL=mysql://x"}, nil, "sqlite: or postgres://"},
		"unreachable":               {[]string{"KITH_DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}, nil, "127.0.0.1:1"},
		"short secret":              {[]string{"KITH_SECRET=short"}, nil, "KITH_SECRET"},
		"production, no secret":     {[]string{"KITH_ENV=production"}, nil, "kith migrate up"},
		"origin":                    {[]string{"KITH_ALLOWED_ORIGINS=example"}, nil, "KITH_ALLOWED_ORIGINS"},
		"origins of a whole domain": {[]string{"KITH_ALLOWED_ORIGINS=https://app.example.com https://*.x"}, nil, `KITH_ALLOWED_ORIGINS: "https://*.x" is every site under .x`},
		"issuer without audience":   {[]string{"KITH_OIDC_ISSUER=https://example.com"}, nil, "KITH_OIDC_AUDIENCE"},
		"seed in production":        {[]string{"KITH_ENV=production"}, []string{"seed"}, "refused in production"},
		"admin of nobody":           {nil, []string{"admin", "nobody"}, "migrate up"},
		"a draft without a source":  {nil, []string{"migrate", "draft", "x"}, "in the directory of the source"},
		"a limit of nothing":        {[]string{"KITH_MAX_COST=0"}, nil, "KITH_MAX_COST must be above zero"},
		"no trusted documents":      {[]string{"KITH_TRUSTED_DOCUMENTS=nowhere.json"}, nil, "KITH_TRUSTED_DOCUMENTS"},
		"an admin address":          {[]string{"KITH_ADMIN_ADDR=256.0.0.1:1"}, nil, "256.0.0.1:1"},
		"an address that is taken":  {[]string{"KITH_ADDR=256.0.0.1:1"}, nil, "256.0.0.1:1"},
		"no app":                    {[]string{"KITH_APP=nowhere"}, nil, "KITH_APP"},
		"an app that is not built":  {[]string{"KITH_APP=."}, nil, "KITH_APP: it has no index.html"},
		"a proxy":                   {[]string{"KITH_TRUSTED_PROXIES=10.0.0.0/8, proxy.example.com"}, nil, `KITH_TRUSTED_PROXIES: "proxy.example.com"`},
		"a mail server":             {[]string{"KITH_SMTP_URL=http://user:hidden@mail.example.com", "KITH_MAIL_FROM=kith@example.com"}, nil, "KITH_SMTP_URL, KITH_MAIL_FROM: the mail server is not smtp://"},
		"mails from nobody":         {[]string{"KITH_SMTP_URL=smtp://mail.example.com"}, nil, "KITH_MAIL_FROM"},
		"an app nowhere":            {[]string{"KITH_APP_URL=app.example.com"}, nil, "KITH_APP_URL"},
		"everybody a proxy":         {[]string{"KITH_TRUSTED_PROXIES=::/0"}, nil, "KITH_TRUSTED_PROXIES"},
	} {
		env := c.env
		if len(c.args) == 0 && name != "unreachable" && name != "malformed URL" {
			env = append(env, "KITH_DEMO=false")
		}
		_, stderr, code := kith(t, env, c.args...)
		if code != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
		if strings.Contains(stderr, "goroutine") {
			t.Errorf("%s: a panic: %s", name, stderr)
		}
	}
}

// Whatever is wrong with it, a database URL's user and password are not printed.
func TestNoSecretIsPrinted(t *testing.T) {
	const remote = "postgres://hugo:hunter2@127.0.0.1:1/kith"
	fresh := strings.Replace(dbtest.Postgres(t), "postgres@", "postgres:hunter2@", 1)
	for name, c := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unreachable":         {[]string{"KITH_DATABASE_URL=" + remote}, nil, "kith at 127.0.0.1:1"},
		"in the query":        {[]string{"KITH_DATABASE_URL=postgres:///kith?host=127.0.0.1&port=1&user=hugo&password=hunter2"}, nil, "kith at 127.0.0.1:1"},
		"malformed":           {[]string{"KITH_DATABASE_URL=postgres://hugo:hunter2@127.0.0.1:port/kith"}, nil, "not a URL"},
		"a malformed replica": {[]string{"KITH_DATABASE_URL=" + fresh, "KITH_REPLICA_URLS=postgres://hugo:hunter2@127.0.0.1:port/kith"}, nil, "replica-1"},
		"a stray argument":    {nil, []string{"migrate", "up", remote}, "unexpected argument"},
		"a stray command":     {nil, []string{remote}, "unexpected argument"},
		"promote":             {nil, []string{"promote", fresh, remote}, "kith_test_"},
	} {
		_, stderr, code := kith(t, c.env, c.args...)
		if code != 1 || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "hugo") || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
	}
}

func TestProduction(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			url := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
			if database == "postgres" {
				url = dbtest.Postgres(t)
			}
			env := []string{"KITH_ENV=production", "KITH_DATABASE_URL=" + url, testSecret}
			if _, stderr, code := kith(t, env); code != 1 || !strings.Contains(stderr, "migrations are pending") {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			if out, _, code := kith(t, env, "migrate", "status"); code != 0 || !strings.Contains(out, "pending") || strings.Contains(out, "applied") {
				t.Fatalf("exit %d: %s", code, out)
			}
			if _, stderr, code := kith(t, env, "migrate", "up"); code != 0 {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			if out, _, code := kith(t, env, "migrate", "status"); code != 0 || strings.Contains(out, "pending") {
				t.Fatalf("exit %d: %s", code, out)
			}
			p := start(t, env...)
			if got, err := p.post(`{ users { totalCount } }`, nil, nil); err != nil || got.at("users", "totalCount") != 0.0 {
				t.Error(got.raw, err)
			}
			if got, err := p.post(`{ __schema { queryType { name } } }`, nil, nil); err != nil || len(got.Errors) == 0 {
				t.Error("introspection: ", got.raw, err)
			}
			for _, path := range []string{"/", "/schema.graphql"} {
				response, err := http.Get(p.url + path) //nolint:noctx // a test
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("%s: %d", path, response.StatusCode)
				}
			}
			if !p.logged(`"msg":"serving"`) || !strings.HasPrefix(p.log.String(), `{"time":`) {
				t.Errorf("the log is not JSON: %s", p.log)
			}
		})
	}
}

// What operators look at is elsewhere when they say so, and nowhere else.
func TestAdminAddress(t *testing.T) {
	admin := freePort(t)
	p := start(t, "KITH_ADMIN_ADDR="+admin, "KITH_MAX_COST=30", "KITH_RECEIPTS=off")
	for url, want := range map[string]int{
		"http://" + admin + "/metrics": 200, "http://" + admin + "/debug/pprof/": 200, "http://" + admin + "/graphql": 404,
		p.url + "/metrics": 404, p.url + "/debug/pprof/": 404,
	} {
		response, err := http.Get(url) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d", url, response.StatusCode)
		}
	}
	got, err := p.post("{ users(first: 31) { totalCount } }", nil, nil)
	if err != nil || len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "LIMIT_EXCEEDED" {
		t.Error(got.raw, err)
	}
	got, err = p.post("{ users { totalCount } }", nil, http.Header{"X-Receipt": {"1"}})
	if err != nil || !strings.Contains(got.raw, `"requested":20`) || strings.Contains(got.raw, `"sql"`) {
		t.Error(got.raw, err)
	}
}

func TestCommands(t *testing.T) {
	if out, _, code := kith(t, nil, "schema"); code != 0 || !strings.Contains(out, "type Query {") {
		t.Errorf("schema: %d %.80s", code, out)
	}
	if out, _, code := kith(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "kith ") {
		t.Errorf("version: %d %s", code, out)
	}
	env := []string{"KITH_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "kith.db"), testSecret}
	if _, stderr, code := kith(t, env, "seed", "--users", "20", "--posts", "50"); code != 0 || !strings.Contains(stderr, "100%") {
		t.Fatalf("seed: %d %s", code, stderr)
	}
	if _, stderr, code := kith(t, env, "seed"); code != 1 || !strings.Contains(stderr, "empty") {
		t.Errorf("seed of a full database: %d %s", code, stderr)
	}
	p := start(t, env...)
	got, err := p.post(`{ users(first: 1) { totalCount nodes { username } } posts { totalCount } }`, nil, nil)
	if err != nil || got.at("users", "totalCount") != 20.0 || got.at("posts", "totalCount") != 50.0 {
		t.Fatal(got.raw, err)
	}
	name, _ := got.at("users", "nodes").([]any)[0].(map[string]any)["username"].(string)
	if out, stderr, code := kith(t, env, "admin", name); code != 0 || !strings.Contains(out, name) {
		t.Fatalf("admin: %d %s %s", code, out, stderr)
	}
	in, err := p.post(`mutation($u: String!) { logIn(input: {username: $u, password: "demo-password"}) { session { accessToken } } }`, map[string]any{"u": name}, nil)
	token, _ := in.at("logIn", "session", "accessToken").(string)
	if err != nil || token == "" {
		t.Fatal(in.raw, err)
	}
	got, err = p.post(`{ addresses { totalCount } }`, nil, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil || got.at("addresses", "totalCount").(float64) < 2 {
		t.Fatal(got.raw, err)
	}
}

// What whoever runs the program can mend is said in a sentence that tells how, and never with a password.
func TestMendable(t *testing.T) {
	dir := t.TempDir()
	filled, rubbish, copied := "sqlite:"+filepath.Join(dir, "filled.db"), filepath.Join(dir, "rubbish.db"), filepath.Join(dir, "copy.db")
	if _, stderr, code := kith(t, []string{"KITH_DATABASE_URL=" + filled}, "seed", "--users", "2", "--posts", "2"); code != 0 {
		t.Fatal(stderr)
	}
	if err := os.WriteFile(rubbish, bytes.Repeat([]byte("rubbish "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := kith(t, []string{"KITH_DATABASE_URL=" + filled}, "backup", copied); code != 0 {
		t.Fatal(stderr)
	}
	address, err := url.Parse(dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("postgres", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	role := "kith_test_" + strings.ToLower(rand.Text())
	if _, err := raw.Exec("CREATE ROLE " + role + " LOGIN PASSWORD 'hunter2'; REVOKE CREATE ON SCHEMA public FROM public"); err != nil { //nolint:noctx // a test
		t.Fatal(err)
	}
	defer raw.Exec("DROP ROLE " + role) //nolint:errcheck,noctx // the cluster goes anyway
	as := func(user, database string) string {
		u := *address
		if u.User = url.UserPassword(user, "hunter2"); database != "" {
			u.Path = "/" + database
		}
		return u.String()
	}
	for name, c := range map[string]struct {
		url  string
		args []string
		want []string
	}{
		"seeding what is full":         {filled, []string{"seed"}, []string{"only an empty one can be filled"}},
		"seeding nothing":              {filled, []string{"seed", "--users", "0"}, []string{"there must be a user at least"}},
		"promoting onto what is full":  {filled, []string{"promote", filled, filled}, []string{"is not empty", "only an empty one can be filled"}},
		"promoting what has no tables": {filled, []string{"promote", as("postgres", ""), "sqlite:" + filepath.Join(dir, "new.db")}, []string{"migrations are pending", "run `kith migrate up` first"}},
		"a copy that is there":         {filled, []string{"backup", copied}, []string{"is there already", "a new file"}},
		"a copy in no directory":       {filled, []string{"backup", filepath.Join(dir, "none", "x.db")}, []string{"cannot write", "x.db", "directory is there"}},
		"a copy of PostgreSQL":         {as("postgres", ""), []string{"backup", filepath.Join(dir, "y.db")}, []string{"pg_dump"}},
		"no directory":                 {"sqlite:" + filepath.Join(dir, "none", "kith.db"), []string{"migrate", "up"}, []string{"kith.db", "directory is there"}},
		"no database":                  {"sqlite:" + rubbish, []string{"migrate", "up"}, []string{"rubbish.db", "name a SQLite database"}},
		"no server":                    {"postgres://kith:hunter2@127.0.0.1:1/kith", []string{"migrate", "up"}, []string{"127.0.0.1:1", "check host and port"}},
		"no such host":                 {"postgres://kith:hunter2@nowhere.invalid/kith", []string{"seed"}, []string{"nowhere.invalid", "check host and port"}},
		"no such database":             {as("postgres", "nowhere"), []string{"migrate", "up"}, []string{"nowhere", "CREATE DATABASE"}},
		"no such user":                 {as("nobody", ""), []string{"migrate", "status"}, []string{"invalid_authorization_specification", "check the user"}},
		"a user who may not":           {as(role, ""), []string{"migrate", "up"}, []string{"permission denied", "grant it"}},
		"half a URL":                   {"postgres://kith:hunter2%zz@127.0.0.1/kith", []string{"migrate", "up"}, []string{"not a URL"}},
	} {
		_, stderr, code := kith(t, []string{"KITH_DATABASE_URL=" + c.url}, c.args...)
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: %q is missing: %s", name, want, stderr)
			}
		}
		if code != 1 || strings.Contains(stderr, "internal error") || strings.Contains(stderr, "hunter2") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
	}
}

// A connection that is lost while the server starts does not end it, whatever it was asking.
func TestStartsThoughConnectionsAreLost(t *testing.T) {
	url := dbtest.Postgres(t)
	proxy := dbtest.NewProxy(t, url)
	development := []string{testSecret, "KITH_DATABASE_URL=" + proxy.URL(url)}
	production := append([]string{"KITH_ENV=production"}, development...)
	for _, c := range []struct {
		env     []string
		command string
		texts   []string
	}{
		{development, "migrate up", []string{"CREATE TABLE posts", "user\x00", "pg_extension", "goose_db_version", "recorded"}},
		{development, "", []string{"COPY posts", "UNION ALL SELECT 'posts'", "goose_db_version", "recorded"}},
		{production, "", []string{"goose_db_version", "recorded"}},
	} {
		for _, text := range c.texts {
			lost := make(chan struct{})
			proxy.CutAt(text, false, func() { close(lost) })
			if c.command == "" {
				start(t, c.env...).kill()
			} else if _, problems, code := kith(t, c.env, strings.Fields(c.command)...); code != 0 {
				t.Errorf("%s: %s", text, problems)
			}
			select {
			case <-lost:
			default:
				t.Errorf("%q %q: no connection was lost", c.command, text)
			}
		}
	}
}

// Several at once on a new database: one does the work, the others wait for it.
func TestMigrateUpAtOnce(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			url := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
			if database == "postgres" {
				url = dbtest.Postgres(t)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if _, stderr, code := kith(t, []string{"KITH_DATABASE_URL=" + url}, "migrate", "up"); code != 0 || stderr != "" {
						t.Errorf("exit %d: %s", code, stderr)
					}
				})
			}
			all.Wait()
		})
	}
}

// Every request that was accepted before the signal is answered.
func TestDrain(t *testing.T) {
	p := start(t, "KITH_DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "kith.db"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var bad []string
	answered := 0
	for range 8 {
		wg.Go(func() {
			for {
				got, err := p.post(`{ users { nodes { posts { nodes { tags { nodes { name } } } } } } }`, nil, nil)
				mu.Lock()
				switch {
				case errors.Is(err, syscall.ECONNREFUSED):
					mu.Unlock()
					return
				case errors.Is(err, syscall.ECONNRESET): // it was still waiting to be accepted when the listener closed
				case err != nil:
					bad = append(bad, err.Error())
				case err == nil && len(got.Errors) > 0:
					bad = append(bad, got.raw)
				case err == nil:
					answered++
				}
				mu.Unlock()
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	begun := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := <-p.done
	p.done <- err
	if err != nil {
		t.Errorf("%v: %s", err, p.log)
	}
	wg.Wait()
	if len(bad) > 0 || answered == 0 {
		t.Errorf("%d answered, %d not: %.300s", answered, len(bad), strings.Join(bad, "\n"))
	}
	t.Logf("%d answered; stopped in %v", answered, time.Since(begun))
}

// Killed again and again while clients write: what was acknowledged is there, what was not is there whole or not at all,
// and a retry under the same key never does it twice.
func TestKill(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 3
	}
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			url := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
			if database == "postgres" {
				url = dbtest.Postgres(t)
			}
			env := []string{"KITH_DATABASE_URL=" + url, testSecret, "KITH_DEMO=false"}
			p := start(t, env...)
			if got, err := p.post(`mutation { createUser(input: {username: "ada", password: "correct horse"}) { user { id } } }`, nil, nil); err != nil || len(got.Errors) > 0 {
				t.Fatal(got.raw, err)
			}
			in, err := p.post(`mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken } } }`, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			token, _ := in.at("logIn", "session", "accessToken").(string)
			write := func(p *process, title string) (string, error) {
				got, err := p.post(`mutation($t: String!) { createPost(input: {title: $t, content: "C", tags: [$t, "all", "more"]}) { post { id } userErrors { code } } }`, map[string]any{"t": title},
					http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {title}})
				if err == nil && len(got.Errors) > 0 {
					return "", fmt.Errorf("%w: %s", errServer, got.raw)
				}
				id, _ := got.at("createPost", "post", "id").(string)
				return id, err
			}
			acknowledged, open := map[string]string{}, []string{}
			for kill := range kills {
				var wg sync.WaitGroup
				var mu sync.Mutex
				for w := range 4 {
					wg.Go(func() {
						for i := 0; ; i++ {
							title := fmt.Sprintf("%d-%d-%d", kill, w, i)
							id, err := write(p, title)
							mu.Lock()
							if err != nil {
								open = append(open, title)
								mu.Unlock()
								if errors.Is(err, errServer) {
									t.Error(err)
								}
								return
							}
							acknowledged[title] = id
							mu.Unlock()
						}
					})
				}
				time.Sleep(time.Duration(30+10*(kill%7)) * time.Millisecond)
				p.kill()
				wg.Wait()
				p = start(t, env...)
				for _, title := range open { // the client tries again
					id, err := write(p, title)
					if err != nil {
						t.Fatal(err)
					}
					acknowledged[title] = id
				}
				open = nil
			}
			stored := map[string]string{}
			after := any(nil)
			for {
				got, err := p.post(`query($a: String) { posts(first: 100, after: $a) { pageInfo { hasNextPage endCursor } nodes { id title tags { totalCount } } } }`, map[string]any{"a": after}, nil)
				if err != nil || len(got.Errors) > 0 {
					t.Fatal(got.raw, err)
				}
				for _, n := range got.at("posts", "nodes").([]any) {
					node, _ := n.(map[string]any)
					title, _ := node["title"].(string)
					id, _ := node["id"].(string)
					if stored[title] != "" {
						t.Errorf("%s was done twice", title)
					}
					stored[title] = id
					if count := node["tags"].(map[string]any)["totalCount"]; count != 3.0 {
						t.Errorf("%s is there in part: %v tags", title, count)
					}
				}
				if got.at("posts", "pageInfo", "hasNextPage") != true {
					break
				}
				after = got.at("posts", "pageInfo", "endCursor")
			}
			for title, id := range acknowledged {
				if stored[title] != id {
					t.Errorf("%s was acknowledged as %s and is stored as %q", title, id, stored[title])
				}
			}
			if len(stored) != len(acknowledged) {
				t.Errorf("%d are stored, %d were acknowledged", len(stored), len(acknowledged))
			}
			t.Logf("%d kills, %d writes", kills, len(stored))
		})
	}
}

var errServer = errors.New("the server answered an error")

// Killed after the commit and before the client has an answer: the retry gets the answer.
func TestKilledBeforeTheAnswer(t *testing.T) {
	url := dbtest.Postgres(t)
	env := []string{"KITH_DATABASE_URL=" + url, testSecret, "KITH_DEMO=false"}
	p := start(t, env...)
	const create = `mutation { createUser(input: {username: "ada", password: "correct horse", posts: [{title: "T", content: "C"}]}) { user { id username } userErrors { code } } }`
	key := http.Header{"Idempotency-Key": {"sign-up"}}
	go p.post(create, nil, key) //nolint:errcheck // nobody waits for it
	watcher := start(t, env...)
	for {
		got, err := watcher.post(`{ user(by: {username: "ada"}) { id } }`, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.at("user") != nil {
			break
		}
	}
	p.kill()
	p = start(t, env...)
	got, err := p.post(create, nil, key)
	if err != nil || got.at("createUser", "user", "username") != "ada" {
		t.Fatalf("%s %v", got.raw, err)
	}
	if count, err := p.post(`{ users { totalCount } posts { totalCount } }`, nil, nil); err != nil || count.raw != `{"data":{"users":{"totalCount":1},"posts":{"totalCount":1}}}` {
		t.Fatal(count.raw, err)
	}
}
