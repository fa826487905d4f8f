//! What values mean, as vectors, and how near two meanings are.

/// What a value means: a vector for each of its texts, all by one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    /// Which model made them.
    pub model: String,
    /// One for each text.
    pub each: Vec<Vec<f32>>,
}

/// A meaning to search by.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// Which model made the vector. It is compared with vectors of this model only.
    pub model: String,
    /// The vector.
    pub vector: Vec<f32>,
}

impl Near {
    /// For backends: how near the nearest of these vectors comes, by the cosine: from -1 to 1. `None` if they
    /// can't be compared: another model, another length, or a vector without a direction.
    ///
    /// ```
    /// use graph_runtime::{Near, Vectors};
    ///
    /// let near = Near { model: "m".into(), vector: vec![0.0, 2.0] };
    /// let vectors = Vectors { model: "m".into(), each: vec![vec![1.0, 0.0], vec![0.0, 1.0]] };
    /// assert_eq!(near.score(&vectors), Some(1.0));
    /// ```
    pub fn score(&self, vectors: &Vectors) -> Option<f32> {
        if vectors.model != self.model {
            return None;
        }
        vectors
            .each
            .iter()
            .filter_map(|vector| cosine(&self.vector, vector))
            .max_by(f32::total_cmp)
    }
}

fn cosine(one: &[f32], other: &[f32]) -> Option<f32> {
    if one.len() != other.len() {
        return None;
    }
    let cosine = dot(one, other) / (dot(one, one) * dot(other, other)).sqrt();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the vectors are no more precise"
    )]
    let cosine = cosine.clamp(-1.0, 1.0) as f32;
    // A zero or an infinity in place of a length.
    (!cosine.is_nan()).then_some(cosine)
}

fn dot(one: &[f32], other: &[f32]) -> f64 {
    one.iter()
        .zip(other)
        .map(|(one, other)| f64::from(*one) * f64::from(*other))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(one: &[f32], each: &[&[f32]]) -> Option<f32> {
        let near = Near {
            model: "m".into(),
            vector: one.to_vec(),
        };
        near.score(&Vectors {
            model: "m".into(),
            each: each.iter().map(|vector| vector.to_vec()).collect(),
        })
    }

    #[test]
    fn the_nearest_vector_counts_whatever_its_length() {
        assert_eq!(score(&[1.0, 0.0], &[&[5.0, 0.0]]), Some(1.0));
        assert_eq!(score(&[1.0, 0.0], &[&[-5.0, 0.0]]), Some(-1.0));
        assert_eq!(score(&[1.0, 0.0], &[&[0.0, 5.0]]), Some(0.0));
        assert_eq!(score(&[1.0, 0.0], &[&[-1.0, 0.0], &[0.0, 1.0]]), Some(0.0));
    }

    #[test]
    fn what_cannot_be_compared_has_no_score() {
        assert_eq!(score(&[1.0], &[]), None);
        assert_eq!(score(&[1.0], &[&[1.0, 0.0]]), None);
        assert_eq!(score(&[], &[&[]]), None);
        assert_eq!(score(&[1.0], &[&[0.0]]), None);
        assert_eq!(score(&[f32::NAN], &[&[1.0]]), None);
        assert_eq!(score(&[f32::INFINITY], &[&[1.0]]), None);
        let near = Near {
            model: "other".into(),
            vector: vec![1.0],
        };
        let vectors = Vectors {
            model: "m".into(),
            each: vec![vec![1.0]],
        };
        assert_eq!(near.score(&vectors), None);
    }
}
