import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

/// Messages that do not have the form of RFC 7516 section 7.1 are rejected before any key is used.
@Suite struct JWEStructureTests {
    private let parts: JWEParts

    init() throws {
        parts = try JWEParts(to: TestKeys.first().publicKey)
    }

    private func code(_ texts: [String], policy: JWEPolicy = .standard) -> KMError.Code? {
        code(texts.joined(separator: ".").bytes, policy: policy)
    }

    private func code(_ message: [UInt8], policy: JWEPolicy = .standard) -> KMError.Code? {
        rejection { try JWEDecryptor(policy: policy).decrypt(message) }
    }

    @Test func theHandwrittenMessageIsAccepted() {
        #expect(code(parts.message) == nil)
    }

    @Test func otherNumbersOfPartsAreRejected() {
        let texts = parts.texts
        for count in 0...4 { #expect(code(Array(texts.prefix(count))) == .malformedJWE, "\(count)") }
        #expect(code(texts + [""]) == .malformedJWE)
        #expect(code([""] + texts) == .malformedJWE)
        #expect(code(texts + texts) == .malformedJWE)
        #expect(code([UInt8](repeating: UInt8(ascii: "."), count: 1_000_000)) == .malformedJWE)
        // A JWS has three parts.
        #expect(code(Array(texts.prefix(3))) == .malformedJWE)
    }

    @Test func emptyPartsAreRejected() {
        for index in [0, 1, 2, 4] {
            var texts = parts.texts
            texts[index] = ""
            #expect(code(texts) == .malformedJWE, "\(index)")
        }
        // An empty ciphertext is allowed for an empty plaintext, but this tag belongs to another ciphertext.
        var texts = parts.texts
        texts[3] = ""
        #expect(code(texts) == .authenticationFailed)
    }

    @Test func otherCharactersAreRejected() {
        for index in 0..<5 {
            for change: (String) -> String in [
                { $0 + "=" }, { $0 + "==" }, { " " + $0 }, { $0 + " " }, { $0 + "\n" }, { "\n" + $0 }, { "\t" + $0 },
                { $0.prefix(4) + " " + $0.dropFirst(4) }, { $0.prefix(4) + "\r\n" + $0.dropFirst(4) }, { $0 + "\0" },
                { "+" + $0.dropFirst() }, { "/" + $0.dropFirst() }, { "%" + $0.dropFirst() }, { "é" + $0.dropFirst(2) },
            ] {
                var texts = parts.texts
                texts[index] = change(texts[index])
                #expect(code(texts) == .malformedJWE, "\(texts[index])")
            }
        }
    }

    /// In each part, the bits after the last byte must be zero if there are any.
    @Test func nonzeroTrailingBitsAreRejected() throws {
        var checked = 0
        for index in 0..<5 where parts.texts[index].count % 4 != 0 {
            var texts = parts.texts
            let last = try #require(texts[index].last)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let value = try #require(alphabet.firstIndex(of: last))
            texts[index] = texts[index].dropLast() + String(alphabet[value + 1])
            #expect(code(texts) == .malformedJWE, "\(index)")
            checked += 1
        }
        #expect(checked >= 3)
    }

    /// Such a part has an impossible length, or decodes to other bytes.
    @Test func extraAndMissingCharactersAreRejected() {
        for index in 0..<5 {
            for text in [parts.texts[index] + "A", parts.texts[index] + "AA", String(parts.texts[index].dropLast())] {
                var texts = parts.texts
                texts[index] = text
                let expected: Set<KMError.Code?> = [.malformedJWE, .malformedHeader, .authenticationFailed]
                #expect(expected.contains(code(texts)), "\(index)")
                if text.count % 4 == 1 { #expect(code(texts) == .malformedJWE, "\(index)") }
            }
        }
    }

    @Test(arguments: [0, 1, 8, 11, 13, 16, 32])
    func ivsOfOtherSizesAreRejected(byteCount: Int) {
        var parts = parts
        parts.iv = [UInt8](repeating: 1, count: byteCount)
        #expect(code(parts.message) == .malformedJWE)
    }

    @Test(arguments: [0, 1, 4, 12, 15, 17, 32])
    func tagsOfOtherSizesAreRejected(byteCount: Int) {
        var parts = parts
        parts.tag = Array((parts.tag + parts.tag).prefix(byteCount))
        #expect(code(parts.message) == .malformedJWE)
    }

    @Test func whiteSpaceAroundTheMessageIsRejected() {
        for (before, after) in [(" ", ""), ("", " "), ("", "\n"), ("\u{FEFF}", ""), ("", "\0")] {
            #expect(code(before.bytes + parts.message + after.bytes) == .malformedJWE)
        }
        #expect(code([UInt8]()) == .malformedJWE)
        #expect(code("{}".bytes) == .malformedJWE)
    }

    @Test func truncatedMessagesAreRejected() {
        for count in parts.message.indices {
            let code = code(Array(parts.message.prefix(count)))
            #expect(code == .malformedJWE, "\(count)")
        }
    }

    @Test func messageAndHeaderSizesAreLimited() throws {
        let size = parts.message.count
        #expect(code(parts.message, policy: JWEPolicy(maximumByteCount: size)) == nil)
        #expect(code(parts.message, policy: JWEPolicy(maximumByteCount: size - 1)) == .limitExceeded)
        let headerSize = parts.header.count
        #expect(code(parts.message, policy: JWEPolicy(maximumHeaderByteCount: headerSize)) == nil)
        #expect(code(parts.message, policy: JWEPolicy(maximumHeaderByteCount: headerSize - 1)) == .limitExceeded)
        var large = parts
        large.header = #"{"alg":"RSA-OAEP-256","enc":"A128GCM","x":""#.bytes
        large.header += [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + #""}"#.bytes
        #expect(code(large.message) == .limitExceeded)
        #expect(rejection { try JWEHeader(parsing: large.header) } == .limitExceeded)
    }
}
