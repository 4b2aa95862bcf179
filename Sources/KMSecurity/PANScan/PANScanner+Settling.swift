/// When findings are given, and with which paths.
///
/// None of this depends on where the text is cut into parts: a document or line has paths when it has no more bytes than
/// the bound, and no others have.
extension PANScanner {
    /// The findings of what is known well enough to tell their paths, where the text was searched up to `searched`.
    mutating func settle(searched: Int, isEnd: Bool) -> [PANFinding] {
        guard isBegun, held <= searched else { return [] }
        if form == .unknown { form = recognized(isEnd: isEnd) }
        if form == .document {
            let isTooLarge = text.count - held > maximumDocumentByteCount
            if isEnd, !isTooLarge, let findings = findings(ofDocument: held..<text.count) { return findings }
            if isEnd || isTooLarge {
                form = .lines
                newlineSearched = held
            }
        }
        guard form == .lines else { return [] }
        if isEnd { return give(before: text.count) }
        var findings: [PANFinding] = []
        if searched > newlineSearched {
            if let newline = text.span.lastNewline(in: max(held, newlineSearched)..<searched) {
                findings = give(before: newline + 1)
            }
            newlineSearched = searched
        }
        // What is left has no newline: it is a line too long to wait for.
        if searched - held > maximumDocumentByteCount { findings += give(before: searched) }
        return findings
    }

    /// What the text is, by its first line.
    private mutating func recognized(isEnd: Bool) -> Form {
        let isLast = isEnd || text.count - held > maximumDocumentByteCount
        var at = max(held, newlineSearched)
        if at == held {
            while at < text.count, text[at].isBlank { at += 1 }
            guard at < text.count else { return isLast ? .lines : .unknown }
            guard text[at] == UInt8(ascii: "{") || text[at] == UInt8(ascii: "[") else { return .lines }
        }
        while at < text.count, text[at] != UInt8(ascii: "\n") { at += 1 }
        guard at < text.count || isLast else {
            newlineSearched = at
            return .unknown
        }
        newlineSearched = held
        guard at < text.count else { return .lines }
        return JSONPlaces.isBeginning(text.span.extracting(held..<at)) ? .document : .lines
    }

    /// All findings with their paths, or nil where the text is no JSON document after all.
    private mutating func findings(ofDocument document: Range<Int>) -> [PANFinding]? {
        guard !pending.isEmpty else { return [] }
        let start = base + document.lowerBound
        guard let paths = paths(of: pending.map { $0.finding.byteRange.lowerBound - start }, in: document) else {
            return nil
        }
        defer { pending = [] }
        return zip(pending, paths).map { $0.finding.at($1) }
    }

    /// Gives the findings before `end`, in `text`, and lets go of that part; their lines end there or before, if they have
    /// not been too long to wait for.
    private mutating func give(before end: Int) -> [PANFinding] {
        held = end
        guard let first = pending.first, first.finding.byteRange.lowerBound < base + end else { return [] }
        let count = pending.firstIndex { $0.finding.byteRange.lowerBound >= base + end } ?? pending.count
        var findings: [PANFinding] = []
        var index = 0
        while index < count {
            let lineStart = pending[index].lineStart
            var next = index + 1
            while next < count, pending[next].lineStart == lineStart { next += 1 }
            let offsets = pending[index..<next].map { $0.finding.byteRange.lowerBound - lineStart }
            let line = line(from: lineStart, holding: pending[next - 1].finding.byteRange.upperBound, before: end)
            let paths = line.flatMap { self.paths(of: offsets, in: $0) }
            for place in index..<next { findings.append(pending[place].finding.at(paths?[place - index])) }
            index = next
        }
        pending.removeFirst(count)
        return findings
    }

    /// Where a line is in `text`, or nil where it is too long to have paths, or no longer there.
    private func line(from lineStart: Int, holding offset: Int, before limit: Int) -> Range<Int>? {
        guard maximumDocumentByteCount > 0, lineStart >= base else { return nil }
        let start = lineStart - base
        var end = offset - base
        while end < limit, text[end] != UInt8(ascii: "\n") { end += 1 }
        return end - start <= maximumDocumentByteCount ? start..<end : nil
    }
}

extension PANFinding {
    fileprivate func at(_ path: String?) -> PANFinding {
        var finding = self
        finding.jsonPath = path
        return finding
    }
}
