import Foundation
import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct Base64Tests {
    private static let alphabets: [(name: String, base64: Base64, translate: @Sendable (String) -> String)] = [
        ("standard", .standard, { $0 }),
        ("url", .url, { $0.replacing("+", with: "-").replacing("/", with: "_") }),
    ]

    private func decode(_ base64: Base64, _ text: [UInt8]) -> [UInt8]? {
        base64.decode(text.span)
    }

    /// The test vectors are those of RFC 4648 section 10, without padding.
    @Test func agreesWithPublishedVectors() {
        let texts = [
            "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
        ]
        for (bytes, text) in texts {
            for base64 in [Base64.standard, .url] {
                #expect(base64.encode(bytes.bytes) == text)
                #expect(decode(base64, text.bytes) == bytes.bytes)
            }
        }
    }

    @Test func agreesWithFoundation() {
        var generator = SeededGenerator(seed: 3)
        for count in 0...200 {
            for _ in 0..<5 {
                let bytes = generator.bytes(count)
                let padded = Data(bytes).base64EncodedString()
                let pad = padded.reversed().prefix { $0 == "=" }.count
                for (name, base64, translate) in Self.alphabets {
                    let text = translate(String(padded.dropLast(pad)))
                    #expect(base64.encode(bytes) == text, "\(name), \(count) bytes")
                    #expect(decode(base64, text.bytes) == bytes, "\(name), \(count) bytes")
                    #expect(Base64.encodedCount(count) == text.utf8.count)
                    #expect(Base64.decodedCount(text.utf8.count) == count)
                }
            }
        }
    }

    @Test func secretsDecodeLikeOtherBytes() throws {
        var generator = SeededGenerator(seed: 4)
        for count in 0...100 {
            let bytes = generator.bytes(count)
            let text = Base64.url.encode(bytes).bytes
            #expect(try Base64.url.decodeSecret(text.span)?.exposed == bytes)
        }
        for text in ["A", "AB", "AAA=", "A A", "AA+A"] {
            let bytes = text.bytes
            #expect(try Base64.url.decodeSecret(bytes.span) == nil, "\(text)")
        }
    }

    /// Replaces each character with each possible byte; a text that still decodes must be the encoding of its bytes.
    @Test(arguments: 1...12)
    func eachByteSequenceHasOneEncoding(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        for (name, base64, _) in Self.alphabets {
            let text = base64.encode(generator.bytes(count)).bytes
            var accepted = 0
            for index in text.indices {
                for byte in UInt8.min...UInt8.max {
                    var changed = text
                    changed[index] = byte
                    guard let bytes = decode(base64, changed) else { continue }
                    accepted += 1
                    if base64.encode(bytes).bytes != changed {
                        Issue.record("\(name): \(changed) is not the encoding of its bytes")
                    }
                }
            }
            // If the text ends within a byte, only some values are allowed for its last character.
            let ofLast = [0: 64, 2: 4, 3: 16][text.count % 4]
            #expect(accepted == ofLast.map { (text.count - 1) * 64 + $0 }, "\(name)")
        }
    }

    /// Of all texts of two characters, exactly one decodes to each byte.
    @Test func eachByteHasOneEncoding() {
        var decoded: [UInt8: Int] = [:]
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                if let bytes = decode(.url, [first, second]) { decoded[bytes[0], default: 0] += 1 }
            }
        }
        #expect(decoded.count == 256)
        #expect(decoded.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [
        "A", "AAAAA", "AA=", "AA==", "AAA=", "AAAA=", "AAAA====", "=", "====", " AAAA", "AAAA ", "AA AA", "AA\nAA",
        "AAAA\n",
        "\tAAAA", "AAA\0", "AAA.", "AA%3D", "AB", "AAB", "AAAAAB", "ÀAAA", "AAAÀ", "АAAA",
    ])
    func otherTextsAreRejected(text: String) {
        #expect(decode(.url, text.bytes) == nil)
        #expect(decode(.standard, text.bytes) == nil)
    }

    @Test func theAlphabetsDoNotMix() {
        #expect(decode(.url, "-_-_".bytes) == decode(.standard, "+/+/".bytes))
        for text in ["+AAA", "A/AA", "AAA+", "AA+", "-+-+"] { #expect(decode(.url, text.bytes) == nil) }
        for text in ["-AAA", "A_AA", "AAA-", "AA-", "-+-+"] { #expect(decode(.standard, text.bytes) == nil) }
    }

    @Test func impossibleLengthsHaveNoDecodedCount() {
        for count in 0..<100 { #expect((Base64.decodedCount(count) == nil) == (count % 4 == 1)) }
    }

    @Test func appendingKeepsTheExistingBytes() {
        var output = "before".bytes
        let bytes: [UInt8] = [0, 0, 0]
        Base64.url.append(bytes.span, to: &output)
        #expect(output == "beforeAAAA".bytes)
    }
}
