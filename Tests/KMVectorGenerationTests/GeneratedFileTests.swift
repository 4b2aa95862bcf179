import KMVectors
import Testing

@testable import KMVectorGeneration

@Suite("The text and the seeded bytes of generated files")
struct GeneratedFileTests {
    @Test("Seeded bytes equal HMAC-SHA-256 in counter mode, computed with Python's hmac")
    func seededBytes() throws {
        let scoped = try SeededBytes(seed: "KMSecurity").scope("token-sign").scope("a")
        let expected = "6baae444acdcc6b30c3a717b110d9d5c944b5b328c841a6f77514fdab86d42a46014dad03de9265b"
        #expect(Hex(try scoped.bytes(40, "b")).text == expected)
        #expect(Hex(try scoped.bytes(5, "b")).text == expected.prefix(10))
        #expect(Hex(try SeededBytes(seed: "").bytes(8, "x")).text == "5d2cdad05d66cd7f")
        #expect(try SeededBytes(seed: "").number(0...UInt64.max - 1, "x") == 0x5d2c_dad0_5d66_cd7f)
        #expect(try SeededBytes(seed: "").number(7...7, "x") == 7)
    }

    @Test("A JSON text keeps the order of its members and escapes quotes and control characters")
    func jsonText() {
        let text = JSONText.object([
            .init("b", .list([])), .init("a\"", .list([.text("\n"), .number(-1), true])), .init("c", .object([])),
            .init("d", .list([.object([.init("e", .hex([0, 0xAB]))])])),
        ])
        let expected = """
            {
              "b": [],
              "a\\"": ["\\n", -1, true],
              "c": {},
              "d": [
                {
                  "e": "00ab"
                }
              ]
            }

            """
        #expect(String(decoding: text.lines, as: UTF8.self) == expected)
    }
}
