internal import HTTPTypes

/// The header fields of a test, in order.
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

    /// The maximum number of fields in a test; `HTTPFields` ends the process at 65,535 fields.
    private static let maximumCount = 1000

    /// Returns the fields as an HTTP library delivers them.
    ///
    /// Bytes that HTTP forbids in a value become spaces.
    func httpFields() throws -> HTTPFields {
        guard fields.count <= Self.maximumCount else {
            throw Mismatch(what: "\(fields.count) header fields; must be at most \(Self.maximumCount)")
        }
        return HTTPFields(
            try fields.map { field in
                guard let name = HTTPField.Name(field.members.name) else {
                    throw Mismatch(what: "a name that is not a valid header field name")
                }
                return HTTPField(name: name, value: field.members.value)
            }
        )
    }

    /// Returns the values of all fields with a name, unchanged.
    func values(_ name: HTTPField.Name) -> [String] {
        fields.map(\.members).filter { HTTPField.Name($0.name) == name }.map(\.value)
    }
}

extension Expectation {
    /// Whether the test is valid, or the value of a single header is the reason for its rejection.
    var isOfValues: Bool {
        switch self {
        case .valid: true
        case .invalid(let code): ["headerInvalid", "timeZoneUnknown", "tokenMalformed"].contains(code)
        }
    }
}
