//! A persistent array: two levels of fixed blocks of `Arc`s. A clone is one increment; a change to a shared one copies
//! the list of blocks and one block. Narrow on purpose: copying costs an increment for every sibling.

use std::sync::Arc;

/// Items in a block.
pub const BLOCK: usize = 32;

/// A persistent array.
#[derive(Clone, Debug)]
pub struct Blocks<T> {
    top: Arc<[Arc<[T]>]>,
    len: usize,
}

impl<T: Clone> Blocks<T> {
    /// An array of these items.
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        let mut items = items.into_iter();
        let (mut top, mut len): (Vec<Arc<[T]>>, _) = (Vec::new(), 0);
        loop {
            let block: Arc<[T]> = items.by_ref().take(BLOCK).collect();
            if block.is_empty() {
                return Self { top: top.into(), len };
            }
            len += block.len();
            top.push(block);
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The item at a place.
    #[inline(always)]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.top.get(at / BLOCK)?.get(at % BLOCK)
    }

    /// The item at a place, to be changed in this clone alone.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at >= self.len {
            return None;
        }
        let block = Arc::make_mut(&mut self.top).get_mut(at / BLOCK)?;
        Arc::make_mut(block).get_mut(at % BLOCK)
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: T) {
        let one = std::iter::once(item);
        if self.len.is_multiple_of(BLOCK) {
            self.top = self.top.iter().cloned().chain(std::iter::once(one.collect())).collect();
        } else if let Some(last) = Arc::make_mut(&mut self.top).last_mut() {
            *last = last.iter().cloned().chain(one).collect();
        }
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(blocks: &Blocks<i32>) -> Vec<i32> {
        (0..blocks.len()).filter_map(|at| blocks.get(at).copied()).collect()
    }

    #[test]
    fn a_clone_keeps_what_it_had() {
        let mut blocks = Blocks::new(0..70);
        let before = blocks.clone();
        for at in 0..70 {
            if let Some(item) = blocks.get_mut(at) {
                *item += 1;
            }
        }
        for item in 71..200 {
            blocks.push(item);
        }
        assert_eq!(items(&before), (0..70).collect::<Vec<_>>());
        assert_eq!(items(&blocks), (1..200).collect::<Vec<_>>());
        assert_eq!((blocks.len(), blocks.get(199).copied()), (199, None));
        assert!(blocks.get_mut(199).is_none());
        assert_eq!(Blocks::<u8>::new([]).get(0), None);
    }
}
