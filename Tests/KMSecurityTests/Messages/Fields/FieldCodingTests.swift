import Foundation
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

@Suite("Codable parameters")
struct FieldCodingTests {
    private struct Request: Codable, Equatable {
        var userId: UInt64 = 9_999_999_999_999_999_999
        var physicalCardNo = FieldSamples.cardNumber
        var physicalCardExpDate = "2912"
        var physicalCardCVC = "123"
    }

    private struct Response: Codable, Equatable {
        struct Digital: Codable, Equatable {
            var cardNo: String
            var mobileCardCVC: String
        }
        struct Card: Codable, Equatable {
            var digital: Digital
        }
        var issuedCardList: [Card]
    }

    private static let policies = [Endpoint.waitingPhysicalCards, .waitingPhysicalCardsByField]

    @Test("Codable parameters survive a whole call, and the largest user id stays exact", arguments: policies)
    func call(_ policy: Endpoint) async throws {
        let ends = try ClientAndServer.fields()
        let sent = try await ends.client().seal(encoding: Request(), protection: policy.request.protection)
        let call = try await ends.receive(sent, policy)
        #expect(try call.decode(Request.self) == Request())
        #expect(call.parameters.text.contains(#""userId":9999999999999999999"#))
        let cards = (0..<3).map { Response.Digital(cardNo: "9491/\($0)", mobileCardCVC: "é\u{1F600}") }
        let answer = Response(issuedCardList: cards.map(Response.Card.init(digital:)))
        let reply = try ends.server.seal(
            encoding: answer,
            answering: call,
            protection: policy.response.protection
        )
        let opened = try await ends.client().open(reply.headers, reply.body, answering: sent, for: policy)
        #expect(try opened.decode(Response.self) == answer)
        #expect(opened.parameters.text.contains("9491/1"))
    }

    @Test("A value that fails to encode is rejected, and the error does not quote it")
    func encoding() async throws {
        let ends = try ClientAndServer.fields()
        let values: [any Encodable & Sendable] = [
            ["n": Double.nan], [FieldSamples.cardNumber: Double.infinity],
            [FieldSamples.cardNumber: ["x": -Double.infinity]], Unwilling(),
        ]
        for value in values {
            let error = await #expect(throws: KMError.self) {
                _ = try await ends.client().seal(encoding: value, protection: .message)
            }
            #expect(error?.code == .parametersNotEncodable)
            #expect(error.map(fieldPrintedForms)?.contains(FieldSamples.cardNumber) == false)
        }
    }

    /// A value whose coding throws an error that contains a card number.
    private struct Unwilling: Codable {
        init() {}

        init(from decoder: any Decoder) throws {
            throw Rejection(number: FieldSamples.cardNumber)
        }

        func encode(to encoder: any Encoder) throws {
            throw Rejection(number: FieldSamples.cardNumber)
        }
    }

    private struct Rejection: Error {
        let number: String
    }

    private struct Checked: Decodable {
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no such card: \(text)")
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { Int(stringValue) }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { stringValue = String(intValue) }
    }

    private enum CarryingKey: CodingKey {
        case carried(String)

        var stringValue: String { if case .carried(let name) = self { name } else { "" } }
        var intValue: Int? { nil }

        init?(stringValue: String) { self = .carried(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// Decodes the members under every name that is present.
    private struct Loose<Key: CodingKey>: Decodable {
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys { _ = try container.decode(Bool.self, forKey: key) }
        }
    }

    private struct Member<Value: Decodable>: Decodable {
        let a: Value
    }

    private enum Kind: String, Decodable {
        case known
    }

    private func error(_ type: any Decodable.Type, _ text: String) throws -> KMError? {
        let response = OpenedResponse(
            headers: ResponseHeaders(correlationID: try FieldFixture.correlationID(), cryptoKeyID: nil),
            parameters: Array(text.utf8)
        )
        return #expect(throws: KMError.self, "\(type) \(text)") { _ = try response.decode(type) }
    }

    /// Documents that fail to decode, in which `N` is replaced with the card number.
    private static let misfits: [(type: any (Decodable & SendableMetatype).Type, text: String)] = [
        (Request.self, #"{"userId":"N","physicalCardNo":"N"}"#), (Member<Bool>.self, #"{"a":"N"}"#),
        (Member<Bool>.self, #"{"a":N}"#), (Member<[Int8]>.self, #"{"a":[1,N]}"#), (Member<Date>.self, #"{"a":"N"}"#),
        (Member<Kind>.self, #"{"a":"N"}"#), (Member<URL>.self, #"{"a":""}"#), (Member<UUID>.self, #"{"a":"N"}"#),
        (Member<Data>.self, #"{"a":"N!"}"#), (Member<Decimal>.self, #"{"a":"N"}"#), (Member<UInt64>.self, #"{"a":-N}"#),
        (Member<Int>.self, #"{"a":N000000000000}"#), (Member<Checked>.self, #"{"a":"N"}"#),
        (Member<Unwilling>.self, #"{"a":"N"}"#), (Member<String>.self, #"{"b":"N"}"#), (Member<String>.self, #""N""#),
        ([Int].self, #"["N"]"#),
        // The card number as a member name.
        ([String: Bool].self, #"{"N":1}"#), ([String: [String: Bool]].self, #"{"x":{"N":1}}"#),
        ([String: Member<Bool>].self, #"{"N":{}}"#), (Loose<AnyKey>.self, #"{"N":1}"#),
        (Loose<CarryingKey>.self, #"{"N":1}"#),
        (Member<[Int: Bool]>.self, #"{"a":{"N":1}}"#),
        // Not JSON at all.
        (Request.self, #"{"N"}"#), (Request.self, "Nx"), (Request.self, ""),
    ]

    @Test("A document that fails to decode is rejected, and no form of the error shows its values or names")
    func decoding() throws {
        for (type, text) in Self.misfits {
            let text = text.replacing("N", with: FieldSamples.cardNumber)
            let error = try #require(try error(type, text), "\(type) \(text)")
            #expect(error.code == .responseInvalid)
            #expect(!fieldPrintedForms(of: error).contains(FieldSamples.cardNumber), "\(type) \(text)")
        }
    }

    @Test("The error gives the location by the type's member names and by indexes")
    func place() throws {
        let text = #"{"issuedCardList":[{"digital":{"cardNo":"1","mobileCardCVC":"1"}},{"digital":{"cardNo":9}}]}"#
        for (type, text, place) in [
            (Response.self, text, "$.issuedCardList[1].digital.cardNo"), (Request.self, "{}", "$.userId"),
            ([String: [Bool]].self, #"{"9491":[true,1]}"#, "$.*[1]"),
        ] as [(any Decodable.Type, String, String)] {
            #expect(try error(type, text)?.detail.hasSuffix(" at \(place)") == true)
        }
    }
}
