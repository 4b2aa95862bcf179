import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// No public type prints a card number.
@Suite struct NoCardNumberTests {
    /// Checks the search itself, since the tests below would pass with a search that finds nothing.
    @Test func theSearchFindsCardNumbers() {
        let number = testCardNumber.bytes
        let shown = [
            testCardNumber, "9491 3394 0125 0765", "x\(testCardNumber.dropFirst(5))y", "9.491339401250765e+15",
            "\(number)",
            number.map { String($0, radix: 16) }.joined(), number.map { String($0, radix: 16) }.joined(separator: " "),
            "ab\(testCardNumber)".data64, "a\(testCardNumber)".data64, testCardNumber.data64,
            "\(testCardNumber.data64.bytes)",
        ]
        for text in shown {
            #expect(showsCardNumber([text]), "\(text)")
            #expect(showsCardNumber(printings(of: [text])), "\(text)")
        }
        for text in ["949133******0765", "9491", "1234567890123456", "", "221108030814-0a1b2c3"] {
            #expect(!showsCardNumber([text]), "\(text)")
        }
    }

    @Test func publicTypesAreFoundInSources() {
        let text = """
            public struct A: Sendable {
                public enum B {
                    case c
                    private struct D {}
                }
                struct E {
                    public actor F {}
                }
            }
            extension A.B {
                public final class G {}
                @frozen public indirect enum H {}
            }
            package struct I {}
            public protocol J {}
            """
        #expect(PublicTypes.names(in: text) == ["A", "A.B", "A.E.F", "A.B.G", "A.B.H", "J"])
    }

    /// Checks that each public type is in ``PrintedType/all`` or in ``TypesWithoutInput``.
    ///
    /// If you add a public type, add its values to the first, or the reason why it prints no card number to the second.
    @Test func everyPublicTypeIsAccountedFor() throws {
        let tried = PrintedType.all.map(\.name)
        let tables = tried + TypesWithoutInput.reasons.keys + TypesWithoutInput.identifiers.keys
        #expect(Set(tables).count == tables.count)
        let names = try PublicTypes.names()
        #expect(names.subtracting(tables).sorted() == [])
        // A type in PrintedType.all may have package access.
        #expect(Set(tables).subtracting(names).subtracting(tried).sorted() == [])
    }

    @Test(arguments: PrintedType.all) func aTypePrintsNoCardNumber(_ type: PrintedType) async throws {
        let texts = try await type.texts()
        #expect(!texts.isEmpty)
        for text in Set(texts) where showsCardNumber([text]) {
            Issue.record("\(type.name) prints a card number: \(text.prefix(200))")
            break
        }
    }

    /// Checks that types which print their text do not accept a card number.
    @Test(arguments: CardInputs.texts.prefix(7)) func identifiersRejectCardNumbers(_ text: String) {
        #expect(rejection { try AspID(text) } == .headerInvalid)
        #expect(rejection { try AccessKey(text) } == .headerInvalid)
        #expect(rejection { try CorrelationID(text) } == .headerInvalid)
        #expect(rejection { try CryptoKeyID(text) } == .headerInvalid)
        #expect(rejection { try TranTime(text) } == .headerInvalid)
        #expect(rejection { try TimeZoneCode(text) } == .headerInvalid)
        #expect(rejection { try PAR(text) } == .parMalformed)
        #expect(rejection { try PAR.Prefix(text) } == .parMalformed)
    }
}

extension String {
    /// The text's UTF-8 bytes in Base64.
    fileprivate var data64: String { Base64.standard.encode(bytes) }
}
