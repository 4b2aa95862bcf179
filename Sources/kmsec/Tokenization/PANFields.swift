import KMJSON
import KMPrimitives
import KMSecurity

/// Where in a JSON document PANs stand, and where their PARs go.
struct PANPlaces: Sendable {
    fileprivate let selection: FieldSelection
    /// The member that holds the PAR beside its PAN, and where it would stand if it were there already.
    fileprivate let beside: (name: [UInt8], places: FieldSelection)?

    /// - Throws: ``KMError`` `pathUnsupported` when a PAR is to stand beside what is no member of an object; `pathsOverlap`
    ///   when two would have one name in one object, or one a card number's.
    init(_ paths: [JSONPath], beside name: String?) throws {
        selection = try FieldSelection(paths, requiresMatches: .somewhere)
        beside = try name.map { name in
            var text: [UInt8] = []
            JSONString.append(name, to: &text)
            let places = try paths.map { try $0.sibling(name) }
            for (index, place) in places.enumerated() where places[..<index].contains(where: { $0.meets(place) }) {
                throw KMError(.pathsOverlap, "two card numbers of one object cannot both have a PAR of one name")
            }
            guard !places.contains(where: { place in paths.contains { $0.meets(place) } }) else {
                throw KMError(.pathsOverlap, "a PAR cannot have the name of a card number beside it")
            }
            return (text, try FieldSelection(places, requiresMatches: .nowhere))
        }
    }
}

/// Lines that are a JSON document each, in which PARs take the place of PANs, or stand beside them.
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
            throw KMError(.memberPresent, "the PAR's member is there already, at byte \(there.range.lowerBound)")
        }
        // First all that can fail: of a document at fault nothing is written, and nothing stays in memory.
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
    /// A document already has the member that was to be added.
    static let memberPresent = Self("memberPresent")
}
