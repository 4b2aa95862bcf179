internal import KMJSON
internal import KMPrimitives
internal import KMSecurity

/// The examination of parameters by the rules of the API page.
///
/// The faults name parameters of the rules, positions, lengths and types, and never a value. A member whose name is not
/// in the rules is not named, because its name can be a card number.
struct ParameterExamination {
    private static let maximumFaultCount = 16
    private static let maximumElementCount = 10_000

    private let json: [UInt8]
    private var scanner: JSONScanner
    private(set) var faults: [Fault] = []
    /// The number of members that the rules do not have.
    private(set) var unknownCount = 0

    /// Examines a JSON text.
    ///
    /// - Parameters:
    ///   - json: The parameters.
    ///   - rule: The rules; nil to check only that they are one JSON text.
    ///   - maximumDepth: The deepest accepted nesting.
    init(_ json: [UInt8], _ rule: ParameterRule?, maximumDepth: Int) {
        self.json = json
        scanner = JSONScanner(maximumDepth: maximumDepth)
        if let (error, position) = JSONMembers.fault(json, maximumDepth: maximumDepth) {
            let difference = Judgment.Difference(place: "parameters", offset: position, in: json)
            faults = [Fault(.parametersInvalid, error.detail, .parametersNotJSON, at: difference)]
            return
        }
        if (try? EncryptedBody.message(of: json)) != nil || PlaintextExamination.isJWE(json) {
            faults = [Fault(.parametersInvalid, "parameters that are encrypted again", .encryptedTwice)]
            return
        }
        guard let rule else { return }
        do {
            try value(next(), rule, at: "$")
        } catch {
            // The text was scanned before, so this cannot happen.
            faults.append(Fault(.parametersInvalid, "malformed JSON", .parametersNotJSON))
        }
    }

    private mutating func next() throws -> JSONScanner.Token {
        let json = json
        return try scanner.next(in: json.span)
    }

    private mutating func skip(_ token: JSONScanner.Token) throws {
        let json = json
        try scanner.skipValue(in: json.span, startedBy: token)
    }

    private mutating func add(_ path: String, _ found: String, _ cause: CallCause, _ rule: ParameterRule) {
        let fix = "\(cause.fix): \(path) is \(rule.text)"
        add(path, found, cause, fix: rule.isAny ? cause.fix : fix)
    }

    private mutating func add(_ path: String, _ found: String, _ cause: CallCause, fix: String) {
        guard faults.count < Self.maximumFaultCount else { return }
        let difference = Judgment.Difference(place: "parameters", offset: scanner.range.lowerBound)
        faults.append(Fault(.parametersInvalid, "\(path) \(found)", cause, fix: fix, at: difference))
    }

    /// Examines the value that `token` begins.
    private mutating func value(_ token: JSONScanner.Token, _ rule: ParameterRule, at path: String) throws {
        switch (rule.kind, token) {
        case (.any, _): try skip(token)
        case (.integer, .number): integer(rule, path)
        case (.text, .string): text(rule, path)
        case (.oneOf, .string): oneOf(rule, path)
        case (.array, .arrayStart): try array(rule.elements.first ?? .any, path)
        case (.object, .objectStart): try object(rule, path)
        default:
            add(path, "is \(token.text)", mismatch(rule, token), rule)
            try skip(token)
        }
    }

    private func mismatch(_ rule: ParameterRule, _ token: JSONScanner.Token) -> CallCause {
        switch (rule.kind, token) {
        case (.integer, .string):
            json[scanner.range].dropFirst().dropLast().allSatisfy(\.isDigit) ? .parameterNumberAsString : .parameterType
        case (.text, .number), (.oneOf, .number): .parameterStringAsNumber
        default: .parameterType
        }
    }

    // MARK: Values

    private mutating func integer(_ rule: ParameterRule, _ path: String) {
        let digits = json[scanner.range]
        guard digits.dropFirst(digits.first == UInt8(ascii: "-") ? 1 : 0).allSatisfy(\.isDigit) else {
            return add(path, "has a fraction or an exponent", .parameterInteger, rule)
        }
        if digits.first == UInt8(ascii: "-") { return add(path, "is negative", .parameterRange, rule) }
        // JSON has no leading zeros, so the longer number is the larger one.
        func isLess(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
            left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
        if isLess(digits, Array(rule.bounds.low.utf8)) { add(path, "is too small", .parameterRange, rule) }
        if isLess(Array(rule.bounds.high.utf8), digits) { add(path, "is too large", .parameterRange, rule) }
    }

    private mutating func text(_ rule: ParameterRule, _ path: String) {
        let text = JSONString.unescaped(json.span, scanner.range)
        // Bytes that do not continue a character.
        let count = text.count { $0 & 0xC0 != 0x80 }
        guard rule.counts.contains(count) else {
            if PlaintextExamination.isJWE(text) {
                return add(path, "is encrypted again", .encryptedTwice, fix: CallCause.encryptedTwice.fix)
            }
            return add(path, "has \(counted(count, "character"))", .parameterLength, rule)
        }
        guard rule.characters != .any else { return }
        guard text.allSatisfy(\.isDigit) else {
            return add(path, "has a character that is not a digit", .parameterCharacters, rule)
        }
        guard rule.characters == .yearAndMonth, text.count == 4 else { return }
        let month = (text[2] - UInt8(ascii: "0")) * 10 + text[3] - UInt8(ascii: "0")
        guard !(1...12).contains(month) else { return }
        let first = (text[0] - UInt8(ascii: "0")) * 10 + text[1] - UInt8(ascii: "0")
        add(path, "has no month\((1...12).contains(first) ? "; it seems to be MMYY" : "")", .parameterMonth, rule)
    }

    private mutating func oneOf(_ rule: ParameterRule, _ path: String) {
        let text = JSONString.unescaped(json.span, scanner.range)
        guard !rule.texts.contains(where: { $0.utf8.elementsEqual(text) }) else { return }
        add(path, "has another value", .parameterValue, rule)
    }

    private mutating func array(_ element: ParameterRule, _ path: String) throws {
        var index = 0
        while true {
            let token = try next()
            if token == .arrayEnd { return }
            let rule = index < Self.maximumElementCount ? element : .any
            try value(token, rule, at: "\(path)[\(index)]")
            index += 1
        }
    }

    private mutating func object(_ rule: ParameterRule, _ path: String) throws {
        let members = rule.members
        var seen = Set<String>()
        var unknown: [[UInt8]] = []
        while try next() == .name {
            let name = JSONString.unescaped(json.span, scanner.range)
            let member = members.first { $0.name.utf8.elementsEqual(name) }
            if let member, !seen.insert(member.name).inserted {
                add("\(path).\(member.name)", "appears twice", .parameterTwice, fix: CallCause.parameterTwice.fix)
            }
            if member == nil {
                unknownCount += 1
                if unknown.count < 64, name.count <= 64 { unknown.append(name) }
            }
            let token = try next()
            try value(token, member?.rule ?? .any, at: member.map { "\(path).\($0.name)" } ?? path)
        }
        for member in members where member.isRequired && !seen.contains(member.name) {
            let isNear = unknown.contains { name in
                EditDistance.isAtMost(2, name.map { $0 | 0x20 }, member.name.utf8.map { $0 | 0x20 })
            }
            add(
                "\(path).\(member.name)",
                isNear ? "is missing; a member with nearly this name is present" : "is missing",
                isNear ? .parameterName : .parameterMissing,
                fix: isNear ? "write the name \(member.name)" : "send \(path).\(member.name): \(member.rule.text)"
            )
        }
    }
}

extension ParameterRule {
    fileprivate var isAny: Bool { kind == .any }
}

extension JSONScanner.Token {
    fileprivate var text: String {
        switch self {
        case .objectStart, .objectEnd: "an object"
        case .arrayStart, .arrayEnd: "an array"
        case .name, .string: "a string"
        case .number: "a number"
        case .true, .false: "a boolean"
        case .null: "null"
        case .end: "absent"
        }
    }
}
