import KMJSON
import KMPrimitives
import KMSecurity

/// Where in a JSON document PANs stand, and where their PARs go.
struct PANPlaces: Sendable {
    fileprivate let selection: FieldSelection
    /// The member that holds the PAR beside its PAN, and where it would stand if it were there already.
    fileprivate let beside: (name: [UInt8], places: FieldSelection)?

    /// - Throws: ``KMError`` `pathUnsupported` when a PAR is to stand beside what is no member of an object.
    init(_ paths: [JSONPath], beside name: String?) throws {
        selection = try FieldSelection(paths, requiresMatches: .somewhere)
        beside = try name.map { name in
            var text: [UInt8] = []
            JSONString.append(name, to: &text)
            return (text, try FieldSelection(paths.map { try $0.sibling(name) }, requiresMatches: .nowhere))
        }
    }
}

/// Lines that are a JSON document each, in which PARs take the place of PANs, or stand beside them.
struct PANFields: LineTransform {
    let lines: PANLines
    let places: PANPlaces

    func append(_ line: Span<UInt8>, to output: inout [UInt8]) throws {
        let matches = try FieldMatcher.matches(places.selection, in: line, limits: .standard)
        let beside = places.beside
        if let beside, let there = try FieldMatcher.matches(beside.places, in: line, limits: .standard).first {
            throw KMError(.malformedJSON, "the PAR's member is there already, at byte \(there.range.lowerBound)")
        }
        var done = 0
        for match in matches {
            let end = beside == nil ? match.range.lowerBound : match.range.upperBound
            for index in done..<end { output.append(line[index]) }
            if let beside {
                output.append(UInt8(ascii: ","))
                output += beside.name
                output.append(UInt8(ascii: ":"))
            }
            output.append(UInt8(ascii: "\""))
            try appendPAR(of: match, in: line, to: &output)
            output.append(UInt8(ascii: "\""))
            done = match.range.upperBound
        }
        for index in done..<line.count { output.append(line[index]) }
    }

    private func appendPAR(of match: FieldMatch, in line: Span<UInt8>, to output: inout [UInt8]) throws {
        let range = match.range
        do {
            if match.hasEscapes {
                let text = try SecretBytes(copying: JSONString.unescaped(line, range))
                try text.withBytes { try lines.append($0, to: &output) }
            } else {
                let quote = match.isString ? 1 : 0
                try lines.append(line.extracting(range.lowerBound + quote..<range.upperBound - quote), to: &output)
            }
        } catch let error as KMError where error.code != .cryptographyUnavailable {
            throw KMError(error.code, "the value at byte \(range.lowerBound): \(error.detail)")
        }
    }
}
