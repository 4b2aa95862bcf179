/// A rule of the API page for the value of a parameter.
///
/// A structure and not an enumeration with payloads: leak checkers do not see the tagged pointers of an enumeration.
struct ParameterRule: Sendable {
    /// What a value must be.
    enum Kind: Sendable {
        case integer, text, oneOf, array, object, any
    }

    /// The characters that a text may have.
    enum Characters: Sendable {
        case any
        case digits
        /// Four digits, a year and a month.
        case yearAndMonth
    }

    /// A member of an object.
    struct Member: Sendable {
        let name: String
        let rule: ParameterRule
        var isRequired = true
    }

    let kind: Kind
    /// The smallest and the largest integer, as digits, because they can exceed every integer type.
    private(set) var bounds = (low: "", high: "")
    /// The number of characters of a text.
    private(set) var counts = 0...0
    private(set) var characters = Characters.any
    /// The accepted texts.
    private(set) var texts: [String] = []
    /// The rule for the elements of an array, alone in a list.
    private(set) var elements: [ParameterRule] = []
    /// The members of an object.
    private(set) var members: [Member] = []

    private init(_ kind: Kind) { self.kind = kind }

    /// An integer between two non-negative ones.
    static func integer(_ low: String, _ high: String) -> ParameterRule {
        var rule = ParameterRule(.integer)
        rule.bounds = (low, high)
        return rule
    }

    /// A text of some length.
    static func text(_ counts: ClosedRange<Int>, _ characters: Characters) -> ParameterRule {
        var rule = ParameterRule(.text)
        (rule.counts, rule.characters) = (counts, characters)
        return rule
    }

    /// One of some texts.
    static func oneOf(_ texts: [String]) -> ParameterRule {
        var rule = ParameterRule(.oneOf)
        rule.texts = texts
        return rule
    }

    /// An array whose elements follow a rule.
    static func array(_ element: ParameterRule) -> ParameterRule {
        var rule = ParameterRule(.array)
        rule.elements = [element]
        return rule
    }

    /// An object with known members.
    static func object(_ members: [Member]) -> ParameterRule {
        var rule = ParameterRule(.object)
        rule.members = members
        return rule
    }

    /// Any value.
    static let any = ParameterRule(.any)

    /// The rules of the request of the documented endpoint.
    static let waitingPhysicalCardsRequest = ParameterRule.object([
        Member(name: "userId", rule: .integer("1", "9999999999999999999")),
        Member(name: "physicalCardNo", rule: .text(16...16, .digits)),
        Member(name: "physicalCardExpDate", rule: .text(4...4, .yearAndMonth)),
        Member(name: "physicalCardCVC", rule: .text(3...3, .digits)),
    ])

    /// The rules of the response of the documented endpoint.
    static let waitingPhysicalCardsResponse = ParameterRule.object([
        Member(name: "response", rule: .any, isRequired: false),
        Member(name: "issuedCardList", rule: .array(issuedCard)),
    ])

    private static let issuedCard = ParameterRule.object([
        Member(name: "cardApplyNo", rule: .text(22...22, .any)),
        Member(name: "issueType", rule: .oneOf(["ISSUE", "REISSUE"])),
        Member(
            name: "digital",
            rule: .object([
                Member(name: "cardNo", rule: .text(16...16, .digits)),
                Member(name: "par", rule: .text(27...27, .any)),
                Member(name: "serviceId", rule: .text(1...15, .any)),
                Member(name: "serviceName", rule: .text(1...255, .any)),
                Member(name: "mobileCardCVC", rule: .text(3...3, .digits)),
            ])
        ),
        Member(
            name: "status",
            rule: .oneOf([
                "READY", "COST_PAYING", "COST_PAID", "COST_PAY_FAILED", "DIGITAL_ISSUED", "PHYSICAL_ISSUED", "SHIPPING",
                "CANCEL", "ISSUE_FAILED", "RETURNED", "COMPLETE",
            ])
        ),
        Member(
            name: "values",
            rule: .object([
                Member(name: "balance", rule: .integer("0", "9999999999")),
                Member(name: "points", rule: .array(point), isRequired: false),
            ])
        ),
        Member(name: "requester", rule: .oneOf(["APP", "CC"])),
    ])

    private static let point = ParameterRule.object([
        Member(name: "policyType", rule: .oneOf((0...7).map { "0\($0)" })),
        Member(name: "policyId", rule: .text(1...15, .any)),
        Member(name: "policyName", rule: .text(1...255, .any)),
        Member(name: "amount", rule: .integer("0", "9999999999")),
    ])
}

extension ParameterRule {
    /// What the rule requires, in words.
    var text: String {
        switch kind {
        case .integer: "an integer from \(bounds.low) to \(bounds.high)"
        case .text:
            "a string of \(counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)") "
                + characters.text
        case .oneOf: "one of \(texts.joined(separator: ", "))"
        case .array: "an array"
        case .object: "an object"
        case .any: "a value"
        }
    }
}

extension ParameterRule.Characters {
    fileprivate var text: String {
        switch self {
        case .any: "characters"
        case .digits: "digits"
        case .yearAndMonth: "digits, YYMM"
        }
    }
}
