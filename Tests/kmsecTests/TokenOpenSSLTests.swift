import Foundation
import Testing

extension ToolTests {
    /// Compares tokens of `kmsec token sign` with `openssl dgst`.
    @Suite struct TokenOpenSSLTests {
        private static let time = "20221108120814608"

        /// Returns bytes of every value, without a pattern that repeats with the block size of the hash.
        private static func body(_ count: Int) -> [UInt8] {
            var state: UInt32 = 1
            return (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        }

        @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 119, 600, 100_000, 1_048_576])
        func bodiesOfEverySize(_ count: Int) async throws {
            try await compare(secret: "8wRzAtbGkQvXnHq2LmEs5TuYcJd0FiPo", body: Self.body(count))
        }

        @Test(arguments: [
            "k", #"a b"c'd\e%f$g`h!i*j&k|l;m<n>o#p"#, "비밀 열쇠 🔑", " blanks around \t", "-hmac", "line\nline",
            String(repeating: "x", count: 64), String(repeating: "x", count: 65), String(repeating: "x", count: 1000),
        ])
        func secretsOfEveryKind(_ secret: String) async throws {
            try await compare(secret: secret, body: Self.body(600))
        }

        @Test(arguments: ["\r\n", "\n", "\r\n\r\n", "{\"a\":1}\r\n", "\u{FEFF}{}", "홍길동", "\0"])
        func bodiesThatTextToolsChange(_ body: String) async throws {
            try await compare(secret: "8wRzAtbGkQvXnHq2LmEs5TuYcJd0FiPo", body: Array(body.utf8))
        }

        @Test func binarySecret() async throws {
            let secret = (0...255).map { UInt8($0) }
            let hexadecimal = secret.map { String(format: "%02x", $0) }.joined()
            try await compare(secret, ["-mac", "HMAC", "-macopt", "hexkey:\(hexadecimal)"], Self.body(600))
        }

        private func compare(secret: String, body: [UInt8]) async throws {
            try await compare(Array(secret.utf8), ["-hmac", secret], body)
        }

        private func compare(_ secret: [UInt8], _ options: [String], _ body: [UInt8]) async throws {
            let (kmsec, openssl) = (try #require(Programs.kmsec), try #require(Programs.openssl))
            let folder = try TemporaryFolder()
            try folder.write(secret, to: "secret")
            let mac = Data(try await openssl.output(of: ["dgst", "-sha256", "-binary"] + options, input: body))
            try #require(mac.count == 32)
            let token = "KMV1:\(Self.time):\(mac.base64EncodedString())"
            for (profile, expected) in [("gateway", token), ("documented", String(token.dropLast()))] {
                let ours = try await kmsec.output(
                    of: ["token", "sign", "--secret-file", "secret", "--profile", profile, "--time", Self.time],
                    input: body,
                    folder: folder
                )
                #expect(String(decoding: ours, as: UTF8.self) == "\(expected)\n")
            }
            // kmsec accepts the token that OpenSSL computed.
            let verdict = try await kmsec.output(
                of: ["token", "verify", "--secret-file", "secret", "--any-time", "--token", token],
                input: body,
                folder: folder
            )
            #expect(String(decoding: verdict, as: UTF8.self) == "valid, signed at \(Self.time) UTC\n")
        }
    }
}
