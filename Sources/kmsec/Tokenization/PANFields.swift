import KMJSON
import KMPrimitives
import KMSecurity

/// The paths of PANs in a JSON document, and where to write their PARs.
struct PANPlaces: Sendable {
    fileprivate let selection: FieldSelection
    /// The name of the member to add for the PAR, and the paths that it must not exist at yet; nil to replace the PAN.
    fileprivate let beside: (name: [UInt8], places: FieldSelection)?

    /// Checks that the paths and the name fit together.
    ///
    /// - Parameters:
    ///   - paths: The paths of the PANs.
    ///   - name: The name of the member to add for the PAR; nil to replace the PAN.
    /// - Throws: ``KMError`` `pathUnsupported` if a PAR is to be added after a value that is not a member of an object;
    ///   `pathsOverlap` if two PARs would have the same name in one object, or a PAR the name of a PAN.
    init(_ paths: [JSONPath], beside name: String?) throws {
        selection = try FieldSelection(paths, presence: .atLeastOnce)
        beside = try name.map { name in
            var text: [UInt8] = []
            JSONString.append(name, to: &text)
            let places = try paths.map { try $0.sibling(name) }
            for (index, place) in places.enumerated() where places[..<index].contains(where: { $0.meets(place) }) {
                throw KMError(.pathsOverlap, "two card numbers of an object cannot have PARs with the same name")
            }
            guard !places.contains(where: { place in paths.contains { $0.meets(place) } }) else {
                throw KMError(.pathsOverlap, "a PAR cannot have the name of a card number in the same object")
            }
            return (text, try FieldSelection(places, presence: .optional))
        }
    }
}

/// Transforms lines that are JSON documents: replaces PANs with PARs, or adds PARs after them.
struct PANFields: LineTransform {
    let lines: PANLines
    let places: PANPlaces

    func append(_ line: Span<UInt8>, to output: inout SecretBuffer) throws {
        try ByteOrderMark.check(line, .malformedJSON)
        let matches = try FieldMatcher.matches(
            places.selection,
            in: line,
            limits: ParameterLimits.standard.matcherLimits
        )
        let beside = places.beside
        if let beside,
            let there = try FieldMatcher.matches(
                beside.places,
                in: line,
                limits: ParameterLimits.standard.matcherLimits
            ).first
        {
            throw KMError(.memberPresent, "the member for the PAR already exists, at byte \(there.range.lowerBound)")
        }
        // Derive all PARs first: if one fails, nothing of the document has been written.
        let pars = try matches.map { try par(of: $0, in: line) }
        var done = 0
        for (match, par) in zip(matches, pars) {
            let end = beside == nil ? match.range.lowerBound : match.range.upperBound
            try output.append(copying: line.extracting(done..<end))
            if let beside {
                try output.append(UInt8(ascii: ","))
                try output.append(copying: beside.name.span)
                try output.append(UInt8(ascii: ":"))
            }
            try output.append(UInt8(ascii: "\""))
            try output.append(par)
            try output.append(UInt8(ascii: "\""))
            done = match.range.upperBound
        }
        try output.append(copying: line.extracting(done..<line.count))
    }

    private func par(of match: FieldMatch, in line: Span<UInt8>) throws -> PAR {
        let range = match.range
        do {
            guard match.hasEscapes else {
                let quote = match.isString ? 1 : 0
                return try lines.par(of: line.extracting(range.lowerBound + quote..<range.upperBound - quote))
            }
            var text = JSONString.unescaped(line, range)
            defer {
                var span = text.mutableSpan
                cleanse(&span)
            }
            return try lines.par(of: text.span)
        } catch let error as KMError where error.code != .cryptographyUnavailable {
            throw KMError(error.code, "the value at byte \(range.lowerBound): \(error.detail)")
        }
    }
}

extension KMError.Code {
    /// The document already has the member to add.
    static let memberPresent = Self("memberPresent")
}
