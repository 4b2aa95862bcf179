internal import KMJSON
internal import KMVectors

/// A JSON value that keeps the order of its members and always produces the same text.
indirect enum JSONText {
    case text(String)
    case number(Int64)
    case boolean(Bool)
    case list([JSONText])
    case object([Member])

    /// A member of a JSON object.
    struct Member {
        let name: String
        let value: JSONText

        init(_ name: String, _ value: JSONText) {
            self.name = name
            self.value = value
        }
    }

    /// Returns a JSON string with the bytes as lower-case hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> JSONText {
        .text(Hex(bytes).text)
    }

    /// The JSON text, with one line for each member and for each object in a list, and a line feed at the end.
    var lines: [UInt8] {
        var output: [UInt8] = []
        append(to: &output, indent: "")
        output.append(UInt8(ascii: "\n"))
        return output
    }

    private func append(to output: inout [UInt8], indent: String) {
        switch self {
        case .text(let text): JSONString.append(text, to: &output)
        case .number(let number): output += String(number).utf8
        case .boolean(let boolean): output += String(boolean).utf8
        case .list(let values): append(values, to: &output, indent: indent)
        case .object(let members):
            Self.append(members, "{", "}", to: &output, indent: indent) { member, output, inner in
                JSONString.append(member.name, to: &output)
                output += ": ".utf8
                member.value.append(to: &output, indent: inner)
            }
        }
    }

    private func append(_ values: [JSONText], to output: inout [UInt8], indent: String) {
        guard values.contains(where: \.isObject) else {
            // A list without objects goes on one line.
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output += ", ".utf8 }
                value.append(to: &output, indent: indent)
            }
            output.append(UInt8(ascii: "]"))
            return
        }
        Self.append(values, "[", "]", to: &output, indent: indent) { value, output, inner in
            value.append(to: &output, indent: inner)
        }
    }

    private var isObject: Bool {
        guard case .object = self else { return false }
        return true
    }

    private static func append<Item>(
        _ items: [Item],
        _ start: String,
        _ end: String,
        to output: inout [UInt8],
        indent: String,
        _ item: (Item, inout [UInt8], String) -> Void
    ) {
        let inner = "\(indent)  "
        output += start.utf8
        for (index, each) in items.enumerated() {
            output += "\(index > 0 ? "," : "")\n\(inner)".utf8
            item(each, &output, inner)
        }
        output += "\(items.isEmpty ? "" : "\n\(indent)")\(end)".utf8
    }
}

extension JSONText: ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral {
    init(stringLiteral text: String) {
        self = .text(text)
    }

    init(booleanLiteral boolean: Bool) {
        self = .boolean(boolean)
    }
}
