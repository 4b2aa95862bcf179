import KMSecurityTestSupport
import KMTestSupport

@testable import KMSecurity

/// The parameters of the documented call, with white space and members that field-level sealing must not change.
enum FieldSamples {
    static let cardNumber = "9491339401250765"

    static let requestPaths = ["$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC"]
    static let request = """
        { "userId": 9999999999999999999, "physicalCardNo": "9491339401250765",
          "physicalCardExpDate": "2912", "physicalCardCVC": "123" }
        """

    static let responsePaths = ["$.issuedCardList[*].digital.cardNo", "$.issuedCardList[*].digital.mobileCardCVC"]
    static let response = """
        {"issuedCardList":[\(item(0)),\(item(1)),\(item(2))],"response":{"code":"000_000","message":"Success."}}
        """
    static let emptyResponse = """
        {"issuedCardList":[],"response":{"code":"003_049","message":"Not found issued cards."}}
        """

    static func item(_ number: Int) -> String {
        """
        {"cardApplyNo":"A00000000000000000000\(number)","issueType":"ISSUE",\
        "digital":{"cardNo":"949133940125076\(number)","par":"Q180BEA3B2F1BBD8410336D66A4",\
        "serviceId":"1","serviceName":"카드","mobileCardCVC":"70\(number)"},\
        "status":"READY","values":{"balance":9999999999},"requester":"APP"}
        """
    }
}

/// A body that an attacker can change in transit.
struct FieldBody {
    var bytes: [UInt8]

    /// The text of the value at a path.
    subscript(_ steps: ReferencePath.Step...) -> String {
        get throws { Array(bytes[try range(steps)]).text }
    }

    mutating func put(_ text: String, at steps: ReferencePath.Step...) throws {
        bytes.replaceSubrange(try range(steps), with: text.utf8)
    }

    private func range(_ steps: [ReferencePath.Step]) throws -> Range<Int> {
        let path = ReferencePath(steps: steps)
        guard let match = try ReferenceMatches([path], .optional, in: ReferenceJSON(bytes)).matches.first else {
            throw KMError(.fieldMissing, "the test's path matches no value")
        }
        return match.value.range
    }

    /// Replaces one character of base64url text with another.
    mutating func damage(at place: Int) {
        bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    }
}
