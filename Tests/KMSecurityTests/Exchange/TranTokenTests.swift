import Foundation
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct TranTokenTests {
    private let body = #"{"encData":"x"}"#.bytes
    private let stamp: RequestStamp

    init() throws {
        stamp = try RequestStamp(date: Date(timeIntervalSince1970: 1_667_876_894.608), timeZone: .kst)
    }

    private func secretKey(_ text: String = ClientAndServer.secretText) throws -> SecretKey {
        try SecretKey(SecretBytes(text))
    }

    private func token() throws -> TranToken { try TranTokenSigner(secretKey()).sign(body, at: stamp) }

    private func code(_ text: String) -> KMError.Code? { rejection { try TranToken(text) } }

    @Test func bothFormsAreWrittenAndParsed() throws {
        let token = try token()
        let (documented, gateway) = (token.text(.documented), token.text(.gateway))
        #expect(documented.utf8.count == 66)
        #expect(gateway == documented + "=")
        #expect(documented.hasPrefix("KMV1:20221108120814608:"))
        #expect(token.text() == documented)
        for text in [documented, gateway] {
            #expect(try TranToken(text).text(.gateway) == gateway)
            #expect(try TranToken(text).timeDigits == "20221108120814608")
        }
    }

    /// Parses the sample of the platform's guide, which has 67 characters.
    @Test func theGuidesSampleIsParsed() throws {
        let text = "KMV1:20221108120814608:uLD+mU8mz9K95neGiSJTSsF3zzAQJglCggZAOSs5Fkg="
        #expect(try TranToken(text).text(.gateway) == text)
        #expect(try TranToken(text).text(.documented) == String(text.dropLast()))
    }

    /// Compares the MAC with the HMAC that `openssl` computes of the body under the secret key.
    @Test(arguments: ["s", "abcdef", ClientAndServer.secretText, "비밀 열쇠", String(repeating: "long", count: 40)])
    func theMACIsTheHMACOfTheBody(secret: String) throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        let digits = secret.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for body in [[], body, [UInt8](repeating: 0xFF, count: 600), "\u{FEFF}{}\r\n".bytes] {
            try openssl.write(body, to: "body")
            let mac = try openssl("dgst -sha256 -mac HMAC -macopt hexkey:\(digits) -binary body")
            let token = try TranTokenSigner(secretKey(secret)).sign(body, at: stamp)
            #expect(token.text(.gateway) == "KMV1:20221108120814608:\(Data(mac).base64EncodedString())")
        }
    }

    @Test func otherLengthsAreRejected() throws {
        let text = try token().text(.gateway)
        for count in 0..<66 { #expect(code(String(text.prefix(count))) == .tokenMalformed, "\(count)") }
        for more in ["=", "==", "A", " ", "\n", "\0", text] { #expect(code(text + more) == .tokenMalformed) }
        let documented = text.dropLast()
        for last in ["A", " ", "\n", "-", "\0", ":"] { #expect(code(documented + last) == .tokenMalformed, "\(last)") }
        for first in [" ", "\n", "\u{FEFF}"] { #expect(code(first + documented) == .tokenMalformed) }
    }

    @Test func malformedTokensAreRejected() throws {
        let text = try token().text(.documented)
        let (time, mac) = ("20221108120814608", text.suffix(43))
        let texts = [
            "kmv1:\(time):\(mac)", "KMV2:\(time):\(mac)", "KMV1 \(time):\(mac)", "KMV1:\(time) \(mac)",
            "KMV1::\(time)\(mac)",
            "KMV1:\(time.dropLast()):\(mac)0", "KMV1:\(time)0\(mac)", "KMV1:2022110812081460x:\(mac)",
            "KMV1:20221108120814-08:\(mac)", "KMV1:+0221108120814608:\(mac)", "KMV1: 0221108120814608:\(mac)",
            "KMV1:\(mac):\(time)", String(repeating: "0", count: 66), String(repeating: ":", count: 67),
            "ＫKMV1:\(time):\(mac.dropFirst(3))",
        ]
        for text in texts { #expect(code(text) == .tokenMalformed, "\(text)") }
    }

    @Test func nonCanonicalBase64IsRejected() throws {
        let bytes = [UInt8](repeating: 0xFB, count: 32)
        let mac = Data(bytes).base64EncodedString().dropLast()
        let head = "KMV1:20221108120814608:"
        #expect(code(head + mac) == nil)
        #expect(mac.contains("+"))
        #expect(code(head + mac.replacing("+", with: "-").replacing("/", with: "_")) == .tokenMalformed)
        #expect(code(head + mac.dropLast(2) + "==") == .tokenMalformed)
        #expect(code(head + " " + mac.dropFirst()) == .tokenMalformed)
        // The last character carries four bits of the MAC, and two that must be zero.
        let last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let accepted = last.filter { code(head + mac.dropLast() + String($0)) == nil }
        #expect(accepted == "AEIMQUYcgkosw048")
    }

    @Test func aChangeOfAnyCharacterIsRejected() throws {
        let (text, verifier) = (try token().text(.gateway), TranTokenVerifier(try secretKey(), tolerance: nil))
        for index in text.utf8.indices.map({ text.utf8.distance(from: text.utf8.startIndex, to: $0) }) {
            for byte in UInt8.min...0x7F where Array(text.utf8)[index] != byte {
                var changed = Array(text.utf8)
                changed[index] = byte
                let code = rejection {
                    let token = try TranToken(String(decoding: changed, as: UTF8.self))
                    try verifier.verify(token, body: body, timeZone: .kst, at: Date())
                }
                // The MAC does not authenticate the time, which TokenFreshnessTests checks.
                let isTime = (5..<22).contains(index) && code == nil
                #expect(isTime || code == .tokenMalformed || code == .tokenMismatch, "\(byte) at \(index)")
            }
        }
    }

    @Test func anotherBodyOrSecretKeyIsRejected() throws {
        let token = try token()
        func code(_ body: [UInt8], _ secret: String = ClientAndServer.secretText) throws -> KMError.Code? {
            let verifier = TranTokenVerifier(try secretKey(secret), tolerance: nil)
            return rejection { try verifier.verify(token, body: body, timeZone: .kst, at: Date()) }
        }
        #expect(try code(body) == nil)
        for bit in 0..<body.count * 8 {
            var changed = body
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try code(changed) == .tokenMismatch, "bit \(bit)")
        }
        for other in [[], body + [0x0A], body + body, Array(body.dropLast()), [0xEF, 0xBB, 0xBF] + body] {
            #expect(try code(other) == .tokenMismatch)
        }
        for secret in [ClientAndServer.secretText + "\n", ClientAndServer.secretText.uppercased(), "x"] {
            #expect(try code(body, secret) == .tokenMismatch)
        }
    }

    @Test func anEmptySecretKeyIsRejectedAndAShortOneIsReported() throws {
        #expect(rejection { try SecretKey(SecretBytes(copying: [])) } == .invalidSize)
        for (count, isShort) in [(1, true), (6, true), (31, true), (32, false), (200, false)] {
            let key = try SecretKey(SecretBytes(copying: [UInt8](repeating: 1, count: count)))
            #expect(key.isShort == isShort)
            #expect(key.byteCount == count)
        }
    }
}
