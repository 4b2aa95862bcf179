/// A path in the JSONPath subset of `json-path`, parsed character by character.
package struct ReferencePath {
    package enum Step: Equatable {
        case name([UInt16])
        case index(Int)
        case wildcard
    }

    package let steps: [Step]

    package init(steps: [Step]) {
        self.steps = steps
    }

    /// Parses a path.
    ///
    /// - Throws: ``ReferenceRejection`` with `pathMalformed` or `pathUnsupported`.
    package init(_ text: String) throws {
        var reader = Reader(rest: text.unicodeScalars[...])
        steps = try reader.path()
        guard text.utf8.count <= 2048, steps.count <= 64 else { throw ReferenceRejection("pathMalformed") }
    }

    /// Whether a match of this path could contain a match of `other`.
    package func overlaps(_ other: ReferencePath) -> Bool {
        guard steps.count < other.steps.count else { return false }
        return zip(steps, other.steps).allSatisfy { $0 == $1 || $0 == .wildcard || $1 == .wildcard }
    }

    private struct Reader {
        var rest: Substring.UnicodeScalarView

        private mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
            guard rest.first == scalar else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipSpace() {
            while let scalar = rest.first, " \t\n\r".unicodeScalars.contains(scalar) { rest.removeFirst() }
        }

        mutating func path() throws -> [Step] {
            guard takes("$") else { throw ReferenceRejection("pathMalformed") }
            var steps: [Step] = []
            while !rest.isEmpty {
                skipSpace()
                if takes(".") {
                    steps.append(try dotted())
                } else if takes("[") {
                    skipSpace()
                    if let scalar = rest.first, "?:-".unicodeScalars.contains(scalar) {
                        throw ReferenceRejection("pathUnsupported")
                    }
                    steps.append(try selector())
                    skipSpace()
                    if rest.first == "," || rest.first == ":" { throw ReferenceRejection("pathUnsupported") }
                    guard takes("]") else { throw ReferenceRejection("pathMalformed") }
                } else {
                    throw ReferenceRejection("pathMalformed")
                }
            }
            return steps
        }

        private mutating func dotted() throws -> Step {
            if takes("*") { return .wildcard }
            if rest.first == "." { throw ReferenceRejection("pathUnsupported") }
            var name = ""
            while let scalar = rest.first {
                let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
                let isDigit = ("0"..."9").contains(scalar)
                guard isLetter || !scalar.isASCII || (isDigit && !name.isEmpty) else { break }
                name.unicodeScalars.append(rest.removeFirst())
            }
            guard !name.isEmpty else { throw ReferenceRejection("pathMalformed") }
            return .name(Array(name.utf16))
        }

        private mutating func selector() throws -> Step {
            if takes("*") { return .wildcard }
            if takes("'") { return .name(try quoted("'")) }
            if takes("\"") { return .name(try quoted("\"")) }
            var digits = ""
            while let scalar = rest.first, ("0"..."9").contains(scalar) {
                digits.unicodeScalars.append(rest.removeFirst())
            }
            guard let index = Int(digits), index < 1 << 53, digits == "0" || !digits.hasPrefix("0") else {
                throw ReferenceRejection("pathMalformed")
            }
            return .index(index)
        }

        private mutating func quoted(_ quote: Unicode.Scalar) throws -> [UInt16] {
            var units: [UInt16] = []
            while !takes(quote) {
                guard let scalar = rest.popFirst(), scalar.value >= 0x20 else {
                    throw ReferenceRejection("pathMalformed")
                }
                if scalar == "\\" { units.append(try escape(quote)) } else { units += String(scalar).utf16 }
            }
            guard units.wholeText != nil else { throw ReferenceRejection("pathMalformed") }
            return units
        }

        private mutating func escape(_ quote: Unicode.Scalar) throws -> UInt16 {
            let short: [Unicode.Scalar: UInt16] = ["b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "/": 0x2F, "\\": 0x5C]
            guard let scalar = rest.popFirst() else { throw ReferenceRejection("pathMalformed") }
            if scalar == quote { return UInt16(quote.value) }
            if let unit = short[scalar] { return unit }
            let digits = rest.prefix(4).compactMap { $0.isASCII ? Character($0).hexDigitValue : nil }
            guard scalar == "u", digits.count == 4 else { throw ReferenceRejection("pathMalformed") }
            rest.removeFirst(4)
            return digits.reduce(0) { $0 << 4 | UInt16($1) }
        }
    }
}

extension ReferencePath.Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral name: String) { self = .name(Array(name.utf16)) }

    package init(integerLiteral index: Int) { self = .index(index) }
}
