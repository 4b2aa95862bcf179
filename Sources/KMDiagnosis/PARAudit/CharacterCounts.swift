/// How often each character appears at each position of PARs of one length.
struct CharacterCounts {
    /// The number of PARs.
    private(set) var pairCount = 0
    private let length: Int
    /// The counts, 128 for each position.
    private var counts: [Int]

    /// Creates counts for PARs of a length.
    init(length: Int) {
        self.length = length
        counts = [Int](repeating: 0, count: 128 * length)
    }

    /// Counts the characters of a PAR of that length.
    mutating func add(_ par: [UInt8]) {
        for place in par.indices { counts[128 * place + Int(par[place])] += 1 }
        pairCount += 1
    }

    /// Returns the counts of one position, by ASCII code.
    func numbers(_ place: Int) -> [Int] { Array(counts[(128 * place)..<(128 * place + 128)]) }

    /// Returns the number of different characters at some positions.
    func distinctCount(_ places: [Int]) -> Int {
        (0..<128).count { character in places.contains { counts[128 * $0 + character] > 0 } }
    }

    /// Returns the size of the smallest common alphabet of a position's characters.
    func alphabetSize(_ place: Int) -> Int {
        PARAlphabet([(0..<128).filter { counts[128 * place + $0] > 0 }.map { UInt8($0) }]).size
    }
}
