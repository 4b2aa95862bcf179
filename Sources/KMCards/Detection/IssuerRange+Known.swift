extension IssuerRange {
    /// The ranges of the card schemes in common use.
    ///
    /// A narrow range comes before the wider range that contains it.
    ///
    /// The register of ISO/IEC 7812-2 is not public. Most ranges come from the table in Wikipedia's "Payment card
    /// number" (IIN ranges and lengths, 2024). Those of Elo, Hipercard, Verve and Mir come from `src/lib/card-types.ts`
    /// of braintree/credit-card-type (commit 0bac61c). Maestro is wider than in Wikipedia's table, because processors'
    /// test cards need that. Korean domestic cards begin with 9, which ISO/IEC 7812 leaves to national bodies. Korean
    /// issuers and publications confirm this for all domestic cards (KakaoBank, brunch.co.kr/@kakaobank/11), and the
    /// platform's test card is one of them.
    ///
    /// Some numbers are left out because they cannot be distinguished from other numbers: UATP (1, 15 digits), enRoute
    /// (2014 and 2149), JCB with 15 digits (1800 and 2131), and Maestro numbers of unusual lengths outside its
    /// best-known prefixes.
    public static let known: [IssuerRange] =
        elo + hiper + others + discover + visa + mastercard + jcbAndDiners + unionPay + rupay + maestro + domestic

    private static let visa = [IssuerRange("Visa", 4...4, digitCounts: [13, 16, 19])]

    private static let mastercard = ranges("Mastercard", [51...55, 2221...2720], [16])

    private static let discover = ranges("Discover", [6011...6011, 644...649, 65...65], [16, 17, 18, 19])

    private static let jcbAndDiners =
        [
            IssuerRange("American Express", 34...34, digitCounts: [15]),
            IssuerRange("American Express", 37...37, digitCounts: [15]),
            IssuerRange("JCB", 3528...3589, digitCounts: [16, 17, 18, 19]),
        ] + ranges("Diners Club", [300...305, 3095...3095, 36...36, 38...39], [14, 16, 17, 18, 19])

    private static let unionPay = ranges("UnionPay", [62...62, 8100...8171], [16, 17, 18, 19])

    private static let rupay = ranges("RuPay", [508...508, 60...60, 81...82, 353...353, 356...356], [16])

    private static let maestro =
        ranges(
            "Maestro",
            [5018...5018, 5020...5020, 5038...5038, 5893...5893, 6304...6304, 6759...6759, 6761...6763],
            [12, 13, 14, 15, 16, 17, 18, 19]
        ) + ranges("Maestro", [50...50, 56...60, 63...63, 67...67], [16, 18, 19])

    private static let others = [
        IssuerRange("Mir", 2200...2204, digitCounts: [16, 17, 18, 19]),
        IssuerRange("Troy", 9792...9792, digitCounts: [16]),
        IssuerRange("Uzcard", 8600...8600, digitCounts: [16]),
        IssuerRange("Humo", 9860...9860, digitCounts: [16]),
        IssuerRange("Verve", 506_099...506_198, digitCounts: [16, 18, 19]),
        IssuerRange("Verve", 507_865...507_964, digitCounts: [16, 18, 19]),
    ]

    private static let elo = ranges(
        "Elo",
        [
            401_178...401_179, 431_274...431_274, 438_935...438_935, 451_416...451_416, 457_393...457_393,
            457_631...457_632, 504_175...504_175, 506_699...506_778, 509_000...509_999, 627_780...627_780,
            636_297...636_297, 636_368...636_368, 650_031...650_033, 650_035...650_051, 650_405...650_439,
            650_485...650_538, 650_541...650_598, 650_700...650_718, 650_720...650_727, 650_901...650_978,
            651_652...651_679, 655_000...655_019, 655_021...655_058,
        ],
        [16]
    )

    private static let hiper = ranges(
        "Hipercard",
        [606_282...606_282, 637_095...637_095, 637_568...637_568, 637_599...637_599, 637_609...637_612],
        [16]
    )

    /// Korean cards that work only in Korea.
    private static let domestic = [IssuerRange("domestic (Korea)", 9...9, digitCounts: [16])]

    private static func ranges(
        _ name: String,
        _ prefixes: [ClosedRange<Int>],
        _ digitCounts: Set<Int>
    ) -> [IssuerRange] {
        prefixes.map { IssuerRange(name, $0, digitCounts: digitCounts) }
    }
}
