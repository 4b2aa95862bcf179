import Foundation
import KMPrimitives
import KMTestSupport
import Testing

/// Printing a value never shows the bytes of a secret.
@Suite struct RedactionTests {
    private let bytes = "4f9c-QzXwVkJp-7Yq8Zj5Lx2Kv9Wd3Gf6Hn1".bytes

    /// Without this test, a search that finds nothing would let all checks below pass.
    @Test func theSearchFindsPrintedBytes() {
        struct Leaky { let bytes: [UInt8] }
        struct Text { let text: String }
        let base64 = Data(bytes).base64EncodedString()
        let hexadecimal = bytes.map { String($0, radix: 16) }.joined()
        #expect(shows(printings(of: bytes), bytes))
        #expect(shows(printings(of: Leaky(bytes: bytes)), bytes))
        #expect(shows(printings(of: Text(text: String(decoding: bytes, as: UTF8.self))), bytes))
        #expect(shows(printings(of: Text(text: base64)), bytes))
        #expect(shows(printings(of: Text(text: hexadecimal)), bytes))
        #expect(!shows(printings(of: Text(text: "nothing of it")), bytes))
    }

    @Test func secretBytesPrintRedacted() throws {
        let secret = try SecretBytes(copying: bytes)
        let texts = printings(of: secret)
        #expect(!shows(texts, bytes))
        #expect(secret.description == "SecretBytes(36 bytes, redacted)")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test func privateKeysPrintRedacted() throws {
        let pair = try TestKeys.first()
        let texts = printings(of: pair)
        #expect(!shows(texts, try pair.insecurePKCS8DER().exposed))
        #expect(pair.description == "RSAPrivateKey(2048 bits, redacted)")
        #expect(Mirror(reflecting: pair).children.isEmpty)
    }

    @Test func macsPrintRedacted() throws {
        let mac = try HMACSHA256(key: SecretBytes(copying: bytes)).authenticate([1, 2, 3])
        let macBytes = mac.exposed
        #expect(!shows(printings(of: mac), macBytes))
        #expect(Mirror(reflecting: mac).children.isEmpty)
    }

    @Test func valuesThatHoldAKeyPrintRedacted() throws {
        let key = try SecretBytes(copying: Array(bytes.prefix(32)))
        #expect(!shows(printings(of: try AESGCM(key: key)), Array(bytes.prefix(32))))
        #expect(!shows(printings(of: try HMACSHA256(key: key)), Array(bytes.prefix(32))))
    }

    @Test func errorsPrintCodeAndDetailAndCompareByCode() {
        #expect(KMError(.authenticationFailed).description == "authenticationFailed")
        #expect(KMError(.invalidSize, "5 bytes").description == "invalidSize: 5 bytes")
        #expect(KMError(.invalidSize, "5 bytes") == KMError(.invalidSize, "6 bytes"))
        #expect(KMError(.invalidSize, "5 bytes") != KMError(.malformedKey, "5 bytes"))
    }
}
