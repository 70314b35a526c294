//! Random numbers of alleles as in gnomAD, for the examples.

use fastrand::Rng;

/// A number of alleles from 1 to `all`, of which small ones are the more frequent the larger `exponent` is.
pub fn zipf(rng: &mut Rng, all: i64, exponent: f64) -> i64 {
    let u = rng.f64().max(1e-12);
    let largest = (all as f64).powf(-exponent);
    let count = (u * (1.0 - largest) + largest).powf(-1.0 / exponent) as i64;
    count.clamp(1, all)
}

/// Spreads alleles over populations with these numbers of alleles. Rare ones are mostly of one population.
pub fn spread(rng: &mut Rng, numbers: &[i64], count: i64, counts: &mut [i64]) {
    let all: i64 = numbers.iter().sum();
    let home = weighted(rng, numbers, all);
    for (value, number) in counts.iter_mut().zip(numbers) {
        *value = 0;
        if count > 200 {
            let share = count as f64 / all as f64 * (0.5 + rng.f64());
            *value = ((*number as f64 * share) as i64).min(*number);
        }
    }
    if count <= 200 {
        for _ in 0..count {
            let population = if rng.u32(..5) > 0 { home } else { weighted(rng, numbers, all) };
            let value = &mut counts[population];
            *value = (*value + 1).min(numbers[population]);
        }
    }
}

/// An index, with probabilities in proportion to weights.
fn weighted(rng: &mut Rng, weights: &[i64], sum: i64) -> usize {
    let mut left = rng.i64(..sum.max(1));
    weights
        .iter()
        .position(|weight| {
            left -= weight;
            left < 0
        })
        .unwrap_or(0)
}

/// The share of samples of a position without a genotype.
pub fn missing_rate(rng: &mut Rng) -> f64 {
    match rng.u32(..10) {
        0 => rng.f64() * 0.5,
        1 | 2 => 0.01 + rng.f64() * 0.04,
        _ => rng.f64() * 0.003,
    }
}

/// A binomial number, by its normal approximation where it is large.
pub fn binomial(rng: &mut Rng, n: i64, p: f64) -> i64 {
    let mean = n as f64 * p;
    if mean < 20.0 {
        let (limit, mut product, mut count) = ((-mean).exp(), rng.f64(), 0);
        while product > limit && count < n {
            product *= rng.f64();
            count += 1;
        }
        return count;
    }
    let normal: f64 = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    ((mean + normal * (mean * (1.0 - p)).sqrt()) as i64).clamp(0, n)
}
