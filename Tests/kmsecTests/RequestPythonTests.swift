import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Testing

extension ToolTests {
    /// Sends the output of `kmsec request` to a server in Python, with curl, a bare connection and an HTTP client.
    ///
    /// The server of this package opens it too.
    @Suite struct RequestPythonTests {
        /// A request that the server of `request.py` received, after it verified the token and decrypted the body.
        private struct Received: Decodable {
            let method, target: String
            let parameters: Data
            let plain: Bool
            let tokenLength: Int
        }

        private static let secret = "8wRzAtbGkQvXnHq2LmEs5TuYcJd0FiPo"
        private static let accessKey = "0123456789abcdef0123456789abcdef01234567"
        private static let aspID = "000170000000000"
        private static let parameters =
            #"{"userId":9999999999999999999,"card":"9491339401250765","name":"it's 홍길동 $(x)"}"#
        private static let path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical"

        private let folder: TemporaryFolder
        private let keys: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            keys = try #require(KeyFolder.current)
            try folder.write(Array("\(Self.secret)\n".utf8), to: "secret")
        }

        private var caller: [String] {
            ["--asp-id", Self.aspID, "--access-key", Self.accessKey, "--secret-file", folder.path("secret")]
        }

        private var encryption: [String] { ["--to", keys.path("key.cert.pem"), "--key-id", KeyFolder.keyID] }

        @Test(
            .needs(Programs.python, "Python with jwcrypto"),
            .needs(Programs.curl, "curl"),
            arguments: ["curl", "http", "json"]
        )
        func pythonReceives(_ form: String) async throws {
            let parameters = Array(Self.parameters.utf8)
            for profile in ["documented", "gateway"] {
                for options in [encryption, encryption + ["--field", "$.card", "--field", "$.userId"], ["--plain"]] {
                    let received = try await send(form, options + ["--profile", profile], parameters)
                    #expect(received.method == "POST")
                    #expect(received.target == Self.path)
                    #expect([UInt8](received.parameters) == parameters)
                    #expect(received.plain == (options == ["--plain"]))
                    #expect(received.tokenLength == (profile == "gateway" ? 67 : 66))
                }
            }
            let get = try await send(form, ["--method", "GET", "--path", "/v1/card?a=it's"], [])
            #expect(get.method == "GET")
            #expect(get.target == "/open-api/v1/card?a=it's")
            #expect(get.parameters.isEmpty)
        }

        /// A shell reads bytes, so a quote before a combining mark is still a quote.
        @Test func aShellPassesTheBodyUnchanged() async throws {
            let pieces = [
                "'", "\u{301}", "\u{FE0F}", "\u{200D}", "\"", "\\", "$(x)", "`x`", "!", "; touch pwned; echo ", "@",
                "\n", "홍", "'\\''",
            ]
            var generator = SeededGenerator(seed: 12)
            for round in 0..<Effort.rounds(80) {
                let text = (0..<6).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
                let name = round % 2 == 0 ? "data'\u{FE0F}\(round)" : nil
                let bodyFile = name.map { ["--body-file", folder.path($0)] } ?? []
                let command = try await #require(Programs.kmsec).run(
                    ["request"] + caller + ["--plain", "--url", "http://localhost/"] + bodyFile,
                    input: Array(text.utf8),
                    folder: folder
                )
                if name == nil, text.utf8.first == UInt8(ascii: "@") || text.isEmpty {
                    #expect(command.status == 1, "\(text)")
                    continue
                }
                #expect(command.status == 0, "\(text): \(command.errorText)")
                let script = "curl() { for last; do :; done; printf %s \"$last\"; }\n" + command.outputText
                let seen = try await Programs.shell.run(["-c", script], folder: folder)
                #expect(seen.outputText == (name.map { "@\(folder.path($0))" } ?? text), "\(command.outputText)")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path("pwned")))
        }

        @Test(.needs(Programs.python, "Python with jwcrypto"), .needs(Programs.curl, "curl"))
        func pythonReceivesEveryByte() async throws {
            let bytes = (0...255).map { UInt8($0) } + [UInt8](repeating: 0, count: 200_000)
            for (form, options) in [
                ("curl", ["--body-file", folder.path("it's")]), ("http", []), ("json", []),
            ] {
                #expect(try await [UInt8](send(form, options + ["--plain"], bytes).parameters) == bytes)
            }
        }

        private func send(_ form: String, _ options: [String], _ input: [UInt8]) async throws -> Received {
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let kmsec = try #require(Programs.kmsec)
            let arguments = [folder.path("secret"), keys.path("key.private.pem"), form, kmsec.path]
            let output = try await python.output(
                of: [Programs.script("request.py")] + arguments + caller + options,
                input: input,
                folder: folder
            )
            return try JSONDecoder().decode(Received.self, from: Data(output))
        }

        /// A request in the form of `--format json`.
        private struct Described: Decodable {
            struct Header: Decodable {
                let name, value: String
            }

            let headers: [Header]
            let body: String

            var fields: HTTPFields {
                get throws {
                    try HTTPFields(
                        headers.map { HTTPField(name: try #require(HTTPField.Name($0.name)), value: $0.value) }
                    )
                }
            }
        }

        @Test(arguments: WireProfile.all)
        func serverSecurityOpensTheRequest(_ profile: WireProfile) async throws {
            let secretKey = try SecretKey(SecretBytes(copying: Array(Self.secret.utf8)))
            let aspID = try AspID(Self.aspID)
            let key = try CryptoKey(
                id: CryptoKeyID(KeyFolder.keyID),
                decryptionKey: RSAPrivateKey(contentsOfFile: keys.path("key.private.pem")),
                issuedAt: .now
            )
            let credential = Credential(secretKey: secretKey, aspID: aspID, cryptoKeyIDs: [key.id])
            func server(_ party: ServerSecurity.Party) throws -> ServerSecurity {
                try ServerSecurity(
                    party: party,
                    credentials: StaticCredentials([
                        .accessKey(AccessKey(Self.accessKey)): [credential], .callback(aspID): [credential],
                    ]),
                    keyring: CryptoKeyring([key], primary: nil),
                    configuration: .init(replayRetention: .seconds(3600))
                )
            }
            let platform = try server(.platform)
            let whole = try await described(caller + encryption, profile)
            let call = try await platform.open(whole.fields, Array(whole.body.utf8), for: Endpoint("/"))
            #expect(call.parameters == Array(Self.parameters.utf8))

            let byField = try Endpoint("/", request: .fields("$.card", "$.name"))
            let fields = try await described(caller + encryption + ["--field", "$.card", "--field", "$.name"], profile)
            let fieldCall = try await platform.open(fields.fields, Array(fields.body.utf8), for: byField)
            #expect(fieldCall.parameters == Array(Self.parameters.utf8))

            let plain = try await described(caller + ["--plain"], profile)
            let plainCall = try await platform.open(
                plain.fields,
                Array(plain.body.utf8),
                for: Endpoint("/", request: .plain)
            )
            #expect(plainCall.parameters == Array(Self.parameters.utf8))

            let options = ["--callback", "--asp-id", Self.aspID, "--secret-file", folder.path("secret")]
            let callback = try await described(options + encryption, profile)
            let opened = try await server(.serviceProvider).open(
                callback.fields,
                Array(callback.body.utf8),
                for: Endpoint("/")
            )
            #expect(opened.parameters == Array(Self.parameters.utf8))
        }

        private func described(_ options: [String], _ profile: WireProfile) async throws -> Described {
            let output = try await #require(Programs.kmsec).output(
                of: ["request", "--url", "https://localhost/", "--format", "json", "--profile", profile.name] + options,
                input: Array(Self.parameters.utf8)
            )
            return try JSONDecoder().decode(Described.self, from: Data(output))
        }
    }
}
