#if Redis
import Foundation
import KMRedis
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

extension RedisTests {
    @Suite(
        "Passwords, privileges and TLS of Redis",
        .enabled(if: RedisServer.isInstalled, "\(RedisServer.absence)")
    )
    struct StoreAccessTests {
        private let password: SecretBytes

        init() throws { password = try SecretBytes(copying: Array("correct-horse".utf8)) }

        /// The privileges that the documentation of the guard names.
        private func documentedPrivileges() throws -> [String] {
            let source = try String(
                contentsOf: Document.root.appending(path: "Sources/KMRedis/RedisReplayGuard.swift"),
                encoding: .utf8
            )
            let line = source.split(separator: "\n").first { $0.contains("/// user km-replay on") }
            let words = try #require(line).split(separator: " ").dropFirst(2).map(String.init)
            return words.map { $0.replacing("PASSWORD", with: "correct-horse") }
        }

        @Test("The documented privileges of an ACL user are enough, and each command among them is needed")
        func leastPrivileges() async throws {
            let server = try await RedisServer()
            let privileges = try documentedPrivileges()
            let setUser = { (name: String, words: [String]) in
                try server.command(["ACL", "SETUSER", name] + words.dropFirst())
            }
            #expect(try setUser("km-replay", privileges) == "OK")
            let log = CapturedLog()
            let replayGuard = try RedisReplayGuard(configuration(server, "km-replay"), logger: log.logger)
            let share = try Claims.share("b")
            let request = try Claims.new(share)
            #expect(try await replayGuard.claim(request) == .first)
            #expect(try await replayGuard.claim(request) == .replayed)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try server.command("HVALS", "km:count:\(share.text)") == "1")
            #expect(Int(try server.command("PTTL", "km:count:\(share.text)")) ?? 0 > 600_000)
            #expect(log.lines.allSatisfy { $0.hasPrefix("info") || $0.contains("in memory only") })
            #expect(try server.command("ACL", "LOG").isEmpty)

            for command in ["+set", "+get", "+time", "+hincrby", "+hgetall", "+pexpireat", "+info"] {
                #expect(
                    try setUser(
                        "less",
                        ["user", "reset"] + privileges.filter { $0 != command && $0 != "km-replay" }
                    ) == "OK"
                )
                let log = CapturedLog()
                let replayGuard = try RedisReplayGuard(configuration(server, "less"), logger: log.logger)
                let fault = try await replayGuard.fault(Claims.new(Claims.share("c")))
                switch command {
                case "+info":
                    #expect(fault == nil)
                    #expect(log.count("warning: replay store not checked") == 1)
                case "+set", "+get", "+time": #expect(fault?.detail.contains("NOPERM") == true)
                default: #expect(await log.waits(for: "warning: replay quotas not exchanged"))
                }
            }
        }

        @Test("A wrong or missing password is rejected with an error that does not quote it, and logged once")
        func wrongPassword() async throws {
            let server = try await RedisServer("--requirepass correct-horse", commandOptions: "-a correct-horse")
            let wrong = try SecretBytes(copying: Array("wrong-horse".utf8))
            for (password, kind) in [(wrong, "WRONGPASS"), (nil, "NOAUTH")] as [(SecretBytes?, String)] {
                let log = CapturedLog()
                let replayGuard = try RedisReplayGuard(
                    server.configuration { $0.password = password },
                    logger: log.logger
                )
                for _ in 0..<5 {
                    let fault = try await replayGuard.fault(Claims.new())
                    #expect(fault?.code == .replayStoreUnavailable)
                    #expect(fault?.detail.contains(kind) == true)
                    #expect(fault?.detail.contains("horse") == false)
                }
                #expect(log.lines.count == 1)
                #expect(log.count("horse") == 0)
            }
            let replayGuard = try RedisReplayGuard(server.configuration { $0.password = self.password })
            #expect(try await replayGuard.claim(Claims.new()) == .first)
            let withoutPassword = try await RedisServer()
            let needless = try RedisReplayGuard(withoutPassword.configuration { $0.password = self.password })
            #expect(try await needless.fault(Claims.new())?.detail.contains("did not accept AUTH") == true)
        }

        @Test("TLS with the right certificate authority works; a wrong one, a wrong name and no TLS are rejected")
        func tls() async throws {
            let openssl = try OpenSSLCommand()
            defer { openssl.cleanUp() }
            for name in ["right", "wrong"] {
                try openssl(
                    "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout \(name)-ca.key -out \(name)-ca.pem -subj /CN=\(name)"
                )
            }
            try openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=redis")
            try openssl.write(Array("subjectAltName=DNS:localhost,IP:127.0.0.1\n".utf8), to: "names")
            try openssl(
                "x509 -req -in server.csr -CA right-ca.pem -CAkey right-ca.key -CAcreateserial -days 2 -extfile names -out server.pem"
            )
            let port = try await LoopbackPort.free()
            let server = try await RedisServer(
                "--tls-port \(port) --tls-cert-file FOLDER/server.pem --tls-key-file FOLDER/server.key "
                    + "--tls-ca-cert-file FOLDER/right-ca.pem --tls-auth-clients optional"
            ) { folder in
                for name in ["server.pem", "server.key", "right-ca.pem", "wrong-ca.pem"] {
                    try Data(openssl.read(name)).write(to: folder.appending(path: name))
                }
            }
            let path = { (name: String) in server.folder.appending(path: name).path }
            let make = { (host: String, authority: String?) in
                try RedisReplayGuard(
                    server.configuration {
                        $0.address = .tls(
                            host: host,
                            port: port,
                            options: .init(authorityPath: authority.map(path))
                        )
                    }
                )
            }
            for host in ["localhost", "127.0.0.1"] {
                let replayGuard = try make(host, "right-ca.pem")
                let request = try Claims.new()
                #expect(try await replayGuard.claim(request) == .first)
                #expect(try await replayGuard.claim(request) == .replayed)
                for authority in ["wrong-ca.pem", nil] {
                    let fault = try await make(host, authority).fault(Claims.new())
                    #expect(fault?.detail.contains("did not complete the TLS handshake") == true)
                }
            }
            // The certificate does not name this address, although the same server listens there.
            try server.command("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2")
            #expect(
                try await make("127.0.0.2", "right-ca.pem").fault(Claims.new())?.detail.contains("TLS handshake")
                    == true
            )
            #expect(
                try await make("localhost", "missing.pem").fault(Claims.new())?.detail.contains("cannot be read")
                    == true
            )
            let plain = try RedisReplayGuard(.init(address: .insecurePlaintext(host: "127.0.0.1", port: port)))
            #expect(try await plain.fault(Claims.new())?.code == .replayStoreUnavailable)
            let toPlain = try RedisReplayGuard(
                server.configuration {
                    $0.address = .tls(host: "127.0.0.1", port: server.port)
                    $0.timeout = .seconds(1)
                }
            )
            #expect(try await toPlain.fault(Claims.new())?.code == .replayStoreUnavailable)
        }

        private func configuration(_ server: RedisServer, _ username: String) -> RedisReplayGuard.Configuration {
            server.configuration {
                $0.username = username
                $0.password = password
            }
        }
    }
}
#endif
