#if Sandbox
import Foundation
import KMSecurity
import KMTestSupport
import Testing

@testable import kmsandbox

@Suite(
    "Serve, proxy and send as commands",
    .serialized,
    .enabled(if: SandboxTool.path != nil, "\(SandboxTool.absence)")
)
struct ServeCommandTests {
    /// Runs a shell script in which `start COMMAND…` starts the tool and sets `pid` and `url`, and returns what it wrote.
    private func script(_ text: String, _ folder: TestFolder) async throws -> SandboxTool.Outcome {
        let tool = try #require(SandboxTool.path)
        let start = """
            cd '\(folder.path("."))'
            trap 'kill $pids 2> /dev/null' EXIT
            kmsandbox() { '\(tool)' "$@"; }
            start() {
                : > out
                '\(tool)' "$@" --port 0 > out 2> err & pid=$!; pids="$pids $pid"
                until grep -q '^API' out; do kill -0 $pid || exit 9; sleep 0.1; done
                url=$(awk 'NR == 1 { print $2 }' out); url=${url%/}
            }

            """
        return try await SandboxTool.run(["-c", start + text], program: "/bin/sh")
    }

    @Test(
        "An odd port or host is rejected with what it must be",
        arguments: [
            (["--port", ""], "--port"), (["--port", "99999"], "a number from 0 to 65535"),
            (["--port", "+1"], "a number from 0 to 65535"), (["--port", "x"], "a number from 0 to 65535"),
            (["--host", ""], "--host must not be empty"), (["--host", "http://localhost"], "without a scheme, a port"),
            (["--host", "127.0.0.1:80"], "without a scheme, a port"), (["--host", "a b"], "without a scheme, a port"),
            (["--host", "a/b"], "without a scheme, a port"), (["--allow-host", ""], "--allow-host must not be empty"),
            (["--allow-host", "name:80"], "--allow-host must be a host name"),
        ]
    )
    func options(_ options: [String], _ part: String) async throws {
        let proxy = ["proxy", "--to", "http://127.0.0.1:1", "--credentials", "none"]
        for command in [["serve"], proxy] {
            let outcome = try await SandboxTool.run(command + options)
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            #expect(
                outcome.errors.hasPrefix("kmsandbox: error: ") && outcome.errors.contains(part),
                "\(outcome.errors)"
            )
        }
    }

    @Test("A port in use, and an address of another machine, are named with what to do") func ports() async throws {
        let folder = try TestFolder()
        let outcome = try await script(
            """
            start serve --files keys
            port=${url##*:}
            for command in 'serve' 'conform --listen' "proxy --to $url --credentials keys/credentials.json"; do
                kmsandbox $command --port $port; echo "status $?"
            done
            kmsandbox serve --port 0 --host 203.0.113.9; echo "status $?"
            kmsandbox serve --port 0 --host no-such-host.invalid; echo "status $?"
            kill $pid; wait $pid
            """,
            folder
        )
        #expect(outcome.output.split(separator: "\n") == Array(repeating: "status 1", count: 5))
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count { $0.contains("another program uses this port") && $0.contains("--port 0") } == 3)
        #expect(outcome.errors.contains("this machine does not have this address; give another --host"))
        #expect(outcome.errors.contains("no-such-host.invalid is not"))
        #expect(!outcome.errors.contains("errno") && !outcome.errors.contains("SocketAddressError"))
    }

    @Test("A tool that is stopped by a signal says how many calls it received", arguments: ["TERM", "INT"])
    func stopped(_ signal: String) async throws {
        let folder = try TestFolder()
        let outcome = try await script(
            """
            start serve --files keys --quiet; first=$pid; sandbox=$url; mv err err1
            kmsandbox send --url $sandbox/open-api --credentials keys/credentials.json keys/parameters.json > answer
            start proxy --to $sandbox/open-api --credentials keys/credentials.json --quiet
            for one in 1 2; do
                kmsandbox send --url $url/open-api --credentials keys/credentials.json keys/parameters.json > answer
            done
            kill -\(signal) $pid; wait $pid; echo "status $?"
            kill -\(signal) $first; wait $first; echo "status $?"
            """,
            folder
        )
        // A shell without job control starts its background commands with SIGINT ignored, and the tool watches it again.
        #expect(outcome.output == "status 0\nstatus 0\n")
        #expect(try folder.read("err") == "kmsandbox: stopped; 2 calls were received\n")
        #expect(try folder.read("err1") == "kmsandbox: stopped; 3 calls were received\n")
    }

    @Test("send says in plain words why there is no answer, and what to do") func send() async throws {
        let folder = try TestFolder()
        let outcome = try await script(
            """
            start serve --files keys --quiet
            port=${url##*:}
            for base in https://127.0.0.1:$port/open-api http://127.0.0.1:1/open-api http://127.0.0.1:$port \\
                http://127.0.0.1:$port/other http://no-such-host.invalid; do
                kmsandbox send --url $base --credentials keys/credentials.json keys/parameters.json; echo "status $?"
            done
            start proxy --to http://127.0.0.1:1/open-api --credentials keys/credentials.json
            kmsandbox send --url $url/open-api --credentials keys/credentials.json keys/parameters.json; echo "status $?"
            kill $pid
            """,
            folder
        )
        #expect(outcome.output.split(separator: "\n") == Array(repeating: "status 1", count: 6))
        let expected = [
            ("127.0.0.1:PORT does not speak TLS", "begin --url with http://"),
            ("callNotSent: nothing listens at 127.0.0.1:1", "start the server"),
            ("got 404", "--url has no base path; give the API's base URL, such as http://127.0.0.1:PORT/open-api"),
            ("got 404", "the server has nothing at /other/api/v1/"),
            ("no-such-host.invalid cannot be reached", "correct the host and the port in --url"),
            ("got 502", "a proxy or gateway answered"),
        ]
        let lines = outcome.errors.split(separator: "\n").map {
            $0.replacing(#/127\.0\.0\.1:\d{2,}/#, with: "127.0.0.1:PORT")
        }
        try #require(lines.count == 2 * expected.count, "\(outcome.errors)")
        for (index, (error, hint)) in expected.enumerated() {
            #expect(lines[2 * index].hasPrefix("kmsandbox: error: ") && lines[2 * index].contains(error))
            #expect(lines[2 * index + 1].hasPrefix("kmsandbox: hint: ") && lines[2 * index + 1].contains(hint))
        }
    }

    @Test("serve warns about a fault, about TLS, and about a seed beside files") func warnings() async throws {
        let folder = try TestFolder()
        let outcome = try await script(
            """
            start serve --files keys --quiet; kill $pid; wait $pid
            start serve --files keys --seed 3
            put() { curl --silent --request PUT --header 'Content-Type: application/json' --data "$1" $url/sandbox/settings; }
            put '{"fault":"status-500"}' > state
            kmsandbox send --url $url/open-api --credentials keys/credentials.json keys/parameters.json
            put '{"fault":"none"}' > state
            for one in 1 2; do
                kmsandbox send --url https://${url#http://} --credentials keys/credentials.json keys/parameters.json
            done
            kill $pid; wait $pid
            """,
            folder
        )
        _ = outcome
        let errors = try folder.read("err").split(separator: "\n")
        try #require(errors.count == 5, "\(errors)")
        #expect(errors[0].hasPrefix("kmsandbox: warning: --seed does not repeat"))
        #expect(errors[1].hasPrefix("kmsandbox: warning: the fault status-500 is set: "))
        #expect(errors[2] == "kmsandbox: the fault status-500 is no longer set")
        // Only the first of two connections with TLS is reported.
        #expect(errors[3].contains("a client began with TLS, and this server speaks http only"))
        #expect(errors[4] == "kmsandbox: stopped; 1 call was received")
        #expect(try folder.read("out").contains("this response was made wrong on purpose: fault status-500"))
    }
}
#endif
