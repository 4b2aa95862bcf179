import Foundation
import Testing

extension ToolTests {
    /// JOSE libraries decrypt what kmsec encrypts, and kmsec decrypts what they encrypt.
    @Suite struct JOSELibraryTests {
        private let kmsec: Program
        private let keys: TemporaryFolder

        private static let plaintexts = [
            "1", #"{"userId":9999999999999999999,"name":"홍길동"}"# + "\n", "[\(String(repeating: "0,", count: 5000))0]",
        ]
        .map { Array($0.utf8) }

        /// Protected headers as other senders write them.
        private static let headers = [
            #"{"alg":"RSA-OAEP-256","enc":"A128GCM"}"#,
            #"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
            #"{"enc":"A128GCM","alg":"RSA-OAEP-256"}"#,
            #"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"\#(KeyFolder.keyID)"}"#,
            #"{"kid":"\#(KeyFolder.keyID)","iat":1700000000123,"enc":"A128GCM","alg":"RSA-OAEP-256"}"#,
            #"{ "typ" : "JOSE", "cty" : "json", "iat" : 1700000000123, "enc" : "A256GCM", "alg" : "RSA-OAEP-256" }"#,
        ]

        init() throws {
            kmsec = try #require(Programs.kmsec)
            keys = try #require(KeyFolder.current)
        }

        @Test(.needs(Programs.node, "node")) func nodeOpensKmsecMessages() async throws { try await openOurs(.node) }
        @Test(.needs(Programs.node, "node")) func kmsecOpensNodeMessages() async throws { try await openTheirs(.node) }

        @Test(.needs(Programs.python, "Python with jwcrypto")) func jwcryptoOpensKmsecMessages() async throws {
            try await openOurs(.jwcrypto)
        }

        @Test(.needs(Programs.python, "Python with jwcrypto")) func kmsecOpensJwcryptoMessages() async throws {
            try await openTheirs(.jwcrypto)
        }

        @Test(.needs(Programs.python, "Python with joserfc")) func joserfcOpensKmsecMessages() async throws {
            try await openOurs(.joserfc)
        }

        @Test(.needs(Programs.python, "Python with joserfc")) func kmsecOpensJoserfcMessages() async throws {
            try await openTheirs(.joserfc)
        }

        private func openOurs(_ library: JOSELibrary) async throws {
            var (messages, expected): ([String], [[UInt8]]) = ([], [])
            for profile in ["documented", "gateway"] {
                for enc in ["A128GCM", "A256GCM"] {
                    let options = ["--profile", profile, "--enc", enc]
                    for plaintext in Self.plaintexts {
                        messages.append(try await encrypt(plaintext, options)["encData"] ?? "")
                        expected.append(plaintext)
                    }
                    // The fields of one message share a content encryption key, and each is a JWE.
                    let fields = try await encrypt(
                        Array(#"{"text":"9491339401250765","list":[ 1, 2 ]}"#.utf8),
                        options + ["--field", "$.text", "--field", "$.list"]
                    )
                    messages += [fields["text"] ?? "", fields["list"] ?? ""]
                    expected += [Array(#""9491339401250765""#.utf8), Array("[ 1, 2 ]".utf8)]
                }
            }
            #expect(try await library.open(messages, with: keys.path("key.private.pem")) == expected)
        }

        private func openTheirs(_ library: JOSELibrary) async throws {
            for plaintext in Self.plaintexts {
                let messages = try await library.seal(
                    plaintext,
                    to: keys.path("key.public.pem"),
                    headers: Self.headers
                )
                try #require(messages.count == Self.headers.count)
                for (index, header) in Self.headers.enumerated() {
                    // By turns, decrypt a body, with the key id that its header may name, and a bare JWE.
                    let (message, isBody) = (messages[index], (index + plaintext.count).isMultiple(of: 2))
                    let opened =
                        isBody
                        ? try await decrypt(#"{"encData":"\#(message)"}"#, "--key-id", KeyFolder.keyID)
                        : try await decrypt(message)
                    #expect(opened == plaintext, "\(header)")
                }
            }
        }

        private func decrypt(_ input: String, _ options: String...) async throws -> [UInt8] {
            try await kmsec.output(
                of: ["decrypt", "--with", keys.path("key.private.pem")] + options,
                input: Array(input.utf8)
            )
        }

        /// Returns the members of the body, which all have strings as values.
        private func encrypt(_ plaintext: [UInt8], _ options: [String]) async throws -> [String: String] {
            let body = try await kmsec.output(
                of: ["encrypt", "--to", keys.path("key.cert.pem"), "--key-id", KeyFolder.keyID] + options,
                input: plaintext
            )
            return try JSONDecoder().decode([String: String].self, from: Data(body))
        }
    }
}
