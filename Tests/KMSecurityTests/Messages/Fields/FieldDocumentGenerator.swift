import KMTestSupport

/// Makes random JSON texts in every form that RFC 8259 allows.
///
/// They have white space anywhere, needless escapes, and numbers outside the range of a double.
struct FieldDocumentGenerator {
    enum Shape: CaseIterable {
        /// A few levels with a few members each.
        case plain
        /// Members nested to just below the depth limit.
        case deep
        /// Many members or elements at one level.
        case wide
        /// Duplicate names in some objects, and unpaired surrogates in some names.
        case awkward
    }

    let shape: Shape
    var random: SeededGenerator
    private(set) var bytes: [UInt8] = []

    init(_ shape: Shape, _ random: SeededGenerator) {
        self.shape = shape
        self.random = random
    }

    /// Makes a text with white space around it.
    mutating func make() -> [UInt8] {
        bytes = []
        space()
        value(shape == .deep ? 62 : 5)
        space()
        return bytes
    }

    private mutating func value(_ levels: Int) {
        let isOuter = levels > (shape == .deep ? 4 : 3)
        guard levels > 0, isOuter && !random.once(in: 12) || random.once(in: 2) else { return leaf() }
        let isObject = !random.once(in: 3)
        write(isObject ? "{" : "[")
        var names: Set<[UInt8]> = []
        let count = shape == .deep ? (isOuter ? 1 : random.below(3)) : random.below(shape == .wide ? 40 : 5)
        let tall = random.below(max(1, count))
        for index in 0..<count {
            if index > 0 { write(",") }
            space()
            if isObject { name(index, &names) }
            value(shape == .plain || shape == .awkward || index == tall ? levels - 1 : 0)
            space()
        }
        if count == 0 { space() }
        write(isObject ? "}" : "]")
    }

    private mutating func name(_ index: Int, _ names: inout Set<[UInt8]>) {
        let repeats = shape == .awkward && random.once(in: 8)
        var name = Self.names[random.below(Self.names.count)]
        // Different spellings are the same name: only different items of the list are different names.
        while !repeats, !names.insert(Array(name[0].utf8)).inserted { name = ["n\(index)\(random.below(1000))"] }
        let spelling = shape == .awkward && random.once(in: 25) ? #"half \ud800"# : random.pick(name)
        write("\"" + spelling + "\"")
        space()
        write(":")
        space()
    }

    private mutating func leaf() {
        switch random.below(8) {
        case 0: write(random.pick(["true", "false", "null", "{}", "[]", "{ }", "[\n]"]))
        case 1...3: write(random.pick(Self.numbers))
        default:
            write("\"")
            for _ in 0..<random.below(6) { write(random.pick(Self.pieces)) }
            write("\"")
        }
    }

    private mutating func space() {
        while random.once(in: 6) { write(random.pick([" ", "\t", "\n", "\r", "\r\n", "    "])) }
    }

    private mutating func write(_ text: String) { bytes += text.utf8 }

    /// The spellings of each name; composed and decomposed accented letters are different names.
    private static let names: [[String]] = [
        ["cardNo", #"card\u004eo"#, #"\u0063ardNo"#], ["a"], ["b"], ["digital"], ["_9"], [""], [" "], ["a.b"], ["*"],
        ["0"], ["$"], ["[0]"], ["['a']"], ["it's"], [#"quo\"te"#, #"quo\u0022te"#], [#"back\\slash"#],
        ["한글", #"\ud55c\uae00"#], ["\u{1F600}", #"\ud83d\ude00"#, #"\uD83D\uDE00"#], ["\u{E9}"], ["e\u{301}"],
        [#"\u0007\b\f\n\r\t"#], [#"\u0000"#], ["/", #"\/"#], ["\u{7F}"], ["\u{FFFF}\u{2028}"],
    ]

    private static let numbers = [
        "0", "-0", "1.0", "9999999999999999999", "1E400", "-1.5e+10", "1e-7", "0.1", "-0.0e-0", "5E0", "0e0",
        "1000000000000000000000", "50000104652", "-12345678901234567890.123456789e-300",
    ]

    private static let pieces = [
        "a", "9491339401250765", "한글", "\u{1F600}", "\u{10FFFF}", "\u{7F}", "e\u{301}", "'", "{", "],", ":", " ", "/",
        #"\""#, #"\\"#, #"\/"#, #"\b"#, #"\f"#, #"\n"#, #"\r"#, #"\t"#, #"\u0041"#, #"\u0000"#, #"\ud83d\ude00"#,
        #"\ud83d"#, #"\uDE00"#, #"\ude00\ud83d"#, #"\uffff"#, "....", "eyJ",
    ]
}
