internal import HTTPTypes

/// The header fields of a test, in their order.
struct HeaderFields: MemberSet {
    let fields: [Strict<Field>]

    enum CodingKeys: CodingKey, CaseIterable {
        case fields
    }

    struct Field: MemberSet {
        let name, value: String

        enum CodingKeys: CodingKey, CaseIterable {
            case name, value
        }
    }

    /// How many fields a test may have; `HTTPFields` ends the process at 65,535.
    private static let maximumCount = 1000

    /// As an HTTP library hands them over: with spaces for the bytes that HTTP forbids in a value.
    func httpFields() throws -> HTTPFields {
        guard fields.count <= Self.maximumCount else {
            throw Mismatch(what: "\(fields.count) header fields, where a test must have at most \(Self.maximumCount)")
        }
        return HTTPFields(
            try fields.map { field in
                guard let name = HTTPField.Name(field.members.name) else {
                    throw Mismatch(what: "a name that no header field has")
                }
                return HTTPField(name: name, value: field.members.value)
            }
        )
    }

    /// The values under a name, as they stand in the file.
    func values(_ name: HTTPField.Name) -> [String] {
        fields.map(\.members).filter { HTTPField.Name($0.name) == name }.map(\.value)
    }
}

extension Expectation {
    /// Whether a header's value by itself decides: it is valid, or refused for what it is.
    var isOfValues: Bool {
        switch self {
        case .valid: true
        case .invalid(let code): ["headerInvalid", "timeZoneUnknown", "tokenMalformed"].contains(code)
        }
    }
}
